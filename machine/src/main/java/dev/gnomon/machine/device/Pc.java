package dev.gnomon.machine.device;

import dev.gnomon.machine.x86.Board;
import dev.gnomon.machine.x86.CpuState;
import dev.gnomon.machine.x86.Flags;
import dev.gnomon.machine.x86.GuestException;
import dev.gnomon.machine.x86.X86Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.sync.Synchronization;
import org.jspecify.annotations.Nullable;

/**
 * The board of a PC: brings together vCPUs, local APICs and devices, and knows when the machine has
 * come to its end.
 *
 * <p>Each vCPU's CPU calls it for that vCPU; {@link #alarm}, {@link #consoleHasInput} and {@link
 * #stop} may be called by any thread.
 */
public final class Pc implements Board {
  private final PcConfig config;
  private final Rendezvous rendezvous;
  private final TimeSource time;
  private final PcListener listener;
  private final ApicWords words;
  private final Devices devices;
  private final Standstill standstill;
  private final Seat[] seats;
  private final ApicMsrs msrs;
  private final MappedRegisters mapped;

  private final MachineEnd end;

  public Pc(
      PcConfig config,
      Platform platform,
      Synchronization synchronization,
      Rendezvous rendezvous,
      TimeSource time,
      Console console,
      PcListener listener) {
    this.config = config;
    this.rendezvous = rendezvous;
    this.time = time;
    this.listener = listener;
    words = new ApicWords(platform, rendezvous, config.vcpus());
    standstill = new Standstill(platform, rendezvous, config.vcpus());
    end = new MachineEnd(platform, rendezvous);
    msrs = new ApicMsrs(config);
    devices =
        new Devices(
            platform,
            synchronization,
            config.memory(),
            config.vcpus(),
            time,
            console,
            value -> end(Ending.Kind.EXIT, 0, value),
            new Surroundings());
    mapped = new MappedRegisters(devices);
    seats = new Seat[config.vcpus()];
    ApicBus bus = new ApicBus(words);
    for (int i = 0; i < seats.length; i++) {
      ApicTimer timer = new ApicTimer(config.hasDeadlineTimer());
      seats[i] = new Seat(new LocalApic(i, words, bus, timer), i == 0);
    }
    seats[0].apic.connectOldControllers();
  }

  private final class Surroundings implements Devices.Surroundings {
    @Override
    public void interruptRequested() {
      words.send(0, ApicWords.DEVICES);
    }

    @Override
    public void reset() {
      end(Ending.Kind.RESET, 0, 0);
    }
  }

  /** What the board keeps of a vCPU. For its CPU. */
  Seat seat(int vcpu) {
    return seats[vcpu];
  }

  private Seat seat(X86Cpu cpu) {
    return seats[cpu.index()];
  }

  // --- from outside ---

  /** The alarm that a vCPU asked for. */
  public void alarm(int vcpu) {
    words.send(vcpu, ApicWords.ALARM);
  }

  /** The console has something to read. */
  public void consoleHasInput() {
    words.send(0, ApicWords.ALARM);
  }

  /** Ends the machine from outside. */
  public void stop() {
    end(Ending.Kind.STOPPED, 0, 0);
  }

  /** How the machine ended; null while it runs. */
  public @Nullable Ending ending() {
    return end.ending();
  }

  /** Whether the machine has ended. */
  public boolean hasEnded() {
    return end.hasCome();
  }

  /** Ends the machine; the first end counts. Every vCPU leaves the guest soon. */
  void end(Ending.Kind kind, int vcpu, long value) {
    end.come(kind, vcpu, value);
  }

  // --- ports and memory-mapped registers ---

  @Override
  public long in(X86Cpu cpu, int port, int size) {
    if (!devices.bus().isClaimed(port)) {
      unclaimed(cpu, port, size, false, 0);
    }
    return devices.bus().in(cpu.vcpu().cpu(), port, size);
  }

  @Override
  public void out(X86Cpu cpu, int port, int size, long value) {
    if (!devices.bus().isClaimed(port)) {
      unclaimed(cpu, port, size, true, value);
      return;
    }
    devices.bus().out(cpu.vcpu().cpu(), port, size, value);
    if (IntervalTimer.isAt(port)) {
      words.send(0, ApicWords.ALARM);
    }
    if (hasEnded()) {
      cpu.stop();
    }
  }

  @Override
  public void unknownInstruction(X86Cpu cpu, long rip, byte[] bytes) {
    listener.unknownInstruction(cpu, rip, bytes);
  }

  private void unclaimed(X86Cpu cpu, int port, int size, boolean isWrite, long value) {
    if (listener.unclaimedPort(cpu, port, size, isWrite, value)) {
      end(Ending.Kind.UNCLAIMED_PORT, cpu.index(), port);
      cpu.stop();
    }
  }

  @Override
  public long mmioRead(X86Cpu cpu, long gpa, int size) {
    Seat seat = seat(cpu);
    seat.apic.setTaskPriorityClass((int) cpu.state().cr8);
    return mapped.read(cpu.vcpu().cpu(), seat.apic, gpa, size, now(cpu));
  }

  @Override
  public void mmioWrite(X86Cpu cpu, long gpa, int size, long value) {
    Seat seat = seat(cpu);
    seat.apic.setTaskPriorityClass((int) cpu.state().cr8);
    if (mapped.write(cpu.vcpu().cpu(), seat.apic, gpa, value, now(cpu))) {
      apicWritten(cpu, seat);
    }
  }

  // --- model-specific registers ---

  @Override
  public long readMsr(X86Cpu cpu, int msr) {
    Seat seat = seat(cpu);
    seat.apic.setTaskPriorityClass((int) cpu.state().cr8);
    if (!msrs.isReadable(seat, msr)) {
      return Board.super.readMsr(cpu, msr);
    }
    return msrs.read(seat, msr, now(cpu));
  }

  @Override
  public void writeMsr(X86Cpu cpu, int msr, long value) {
    Seat seat = seat(cpu);
    seat.apic.setTaskPriorityClass((int) cpu.state().cr8);
    if (!msrs.write(seat, msr, value, now(cpu))) {
      Board.super.writeMsr(cpu, msr, value);
    }
    apicWritten(cpu, seat);
  }

  private void apicWritten(X86Cpu cpu, Seat seat) {
    CpuState state = cpu.state();
    state.cr8 = seat.apic.taskPriorityClass();
    state.apicBase = seat.apic.base();
    setAlarm(cpu);
  }

  // --- time ---

  private long now(X86Cpu cpu) {
    return time.nanoseconds(cpu.index());
  }

  @Override
  public long timestampCounter(X86Cpu cpu) {
    return now(cpu) + seat(cpu).timestampOffset;
  }

  private void setAlarm(X86Cpu cpu) {
    Seat seat = seat(cpu);
    long next = Math.min(seat.apic.timer().nextExpiration(seat.timestampOffset), seat.deviceAlarm);
    if (next != seat.alarm) {
      seat.alarm = next;
      time.setAlarm(cpu.index(), next);
    }
  }

  // --- events ---

  @Override
  public int nextInterrupt(X86Cpu cpu) {
    Seat seat = seat(cpu);
    takeEvents(cpu, seat);
    if (seat.activity == Seat.Activity.TO_INITIALIZE) {
      cpu.stop();
      return NO_INTERRUPT;
    }
    if (takesNmi(cpu) && words.take(cpu.index(), ApicWords.NMI) != 0) {
      return GuestException.NMI;
    }
    return cpu.isInterruptible() ? nextVector(cpu, seat) : NO_INTERRUPT;
  }

  private int nextVector(X86Cpu cpu, Seat seat) {
    seat.apic.setTaskPriorityClass((int) cpu.state().cr8);
    int vector = seat.apic.isEnabled() ? seat.apic.deliver() : -1;
    if (vector < 0 && takesOldControllers(cpu, seat)) {
      vector = devices.acknowledge(cpu.vcpu().cpu());
    }
    if (vector < 0) {
      return isHeldBack(cpu) ? HELD_BACK : NO_INTERRUPT;
    }
    return vector;
  }

  /** Whether there is one for when CR8 falls, or the NMI that is being handled is done. */
  private boolean isHeldBack(X86Cpu cpu) {
    int vector = words.highestRequested(cpu.index());
    return (words.events(cpu.index()) & ApicWords.NMI) != 0
        || vector >= 0 && vector >>> 4 <= cpu.state().cr8;
  }

  private boolean takesOldControllers(X86Cpu cpu, Seat seat) {
    return cpu.index() == 0 && devices.isRequesting() && seat.apic.takesOldControllers();
  }

  private boolean takesNmi(X86Cpu cpu) {
    return (words.events(cpu.index()) & ApicWords.NMI) != 0 && !cpu.state().isNmiBlocked;
  }

  /** Takes what others have sent, as far as it changes what the vCPU is doing. */
  private void takeEvents(X86Cpu cpu, Seat seat) {
    int index = cpu.index();
    if (words.take(index, ApicWords.ALARM | ApicWords.DEVICES) != 0) {
      seat.apic.lookAtTimer(now(cpu), seat.timestampOffset);
      if (index == 0) {
        seat.deviceAlarm = devices.update(cpu.vcpu().cpu());
      }
      seat.alarm = Long.MAX_VALUE;
      setAlarm(cpu);
    }
    if (words.take(index, ApicWords.INIT) != 0) {
      seat.activity = Seat.Activity.TO_INITIALIZE;
    }
    if (seat.activity == Seat.Activity.RUNNING || seat.activity == Seat.Activity.HALTED) {
      // A start-up interrupt is for who waits for one.
      words.take(index, ApicWords.SIPI | ApicWords.SIPI_VECTOR);
    }
  }

  /**
   * Sees to INIT and start-up interrupts of a vCPU that does not run.
   *
   * @return whether the vCPU may execute instructions
   */
  boolean settle(X86Cpu cpu) {
    Seat seat = seat(cpu);
    takeEvents(cpu, seat);
    if (seat.activity == Seat.Activity.TO_INITIALIZE) {
      seat.apic.initialize();
      words.take(cpu.index(), ApicWords.NMI);
      StartState.afterInit(cpu.state());
      cpu.modeChanged();
      setAlarm(cpu);
      seat.activity = cpu.index() == 0 ? Seat.Activity.RUNNING : Seat.Activity.AWAITING_START;
    }
    if (seat.activity == Seat.Activity.AWAITING_START) {
      long taken = words.take(cpu.index(), ApicWords.SIPI | ApicWords.SIPI_VECTOR);
      if ((taken & ApicWords.SIPI) != 0) {
        StartState.atStartUp(cpu.state(), ApicWords.startUpVector(taken));
        cpu.modeChanged();
        cpu.wake();
        seat.activity = Seat.Activity.RUNNING;
      }
    }
    if (seat.activity == Seat.Activity.HALTED && isInterrupted(cpu, seat)) {
      seat.activity = Seat.Activity.RUNNING;
    }
    return seat.activity == Seat.Activity.RUNNING;
  }

  private boolean isInterrupted(X86Cpu cpu, Seat seat) {
    if (takesNmi(cpu)) {
      return true;
    }
    seat.apic.setTaskPriorityClass((int) cpu.state().cr8);
    return takesInterrupts(cpu)
        && (seat.apic.isEnabled() && seat.apic.deliverable() >= 0
            || takesOldControllers(cpu, seat));
  }

  private static boolean takesInterrupts(X86Cpu cpu) {
    return (cpu.state().systemFlags() & Flags.IF) != 0;
  }

  /** Whether nothing but another vCPU can have this one, which does not run, go on. */
  boolean isHelpless(X86Cpu cpu) {
    Seat seat = seat(cpu);
    return seat.activity == Seat.Activity.AWAITING_START
        || !takesInterrupts(cpu)
        || seat.alarm == Long.MAX_VALUE
            && !(cpu.index() == 0 && devices.awaitsInput(cpu.vcpu().cpu()));
  }

  // --- standing still ---

  /** Whether any vCPU has been called and has not looked why. */
  boolean isAnyCalled() {
    for (int i = 0; i < seats.length; i++) {
      if (rendezvous.isRequested(i)) {
        return true;
      }
    }
    return false;
  }

  /** Ends the machine, since nothing can have any vCPU go on. */
  void endHelpless(X86Cpu bootProcessor) {
    end(takesInterrupts(bootProcessor) ? Ending.Kind.IDLE : Ending.Kind.DEAD, 0, 0);
  }

  @Override
  public boolean halt(X86Cpu cpu) {
    Seat seat = seat(cpu);
    seat.activity = Seat.Activity.HALTED;
    if (settle(cpu)) {
      return true;
    }
    return config.waitsInHalt() && await(cpu) && seat.activity == Seat.Activity.RUNNING;
  }

  /**
   * Waits until a vCPU may execute instructions.
   *
   * @return false if the machine has ended instead
   */
  boolean await(X86Cpu cpu) {
    while (!hasEnded() && !settle(cpu)) {
      boolean isHelpless = isHelpless(cpu);
      if (isHelpless && standstill.enter(cpu.index(), takesInterrupts(cpu))) {
        end(standstill.isInterruptible() ? Ending.Kind.IDLE : Ending.Kind.DEAD, 0, 0);
      }
      rendezvous.awaitRequest(cpu.vcpu().cpu(), cpu.index());
      if (isHelpless) {
        standstill.leave();
      }
      cpu.vcpu().lookAtRequests();
    }
    return !hasEnded();
  }
}
