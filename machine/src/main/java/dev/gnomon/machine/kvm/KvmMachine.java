package dev.gnomon.machine.kvm;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.recorder.FinalState;
import dev.gnomon.machine.recorder.InitialMemory;
import dev.gnomon.machine.recorder.InitialState;
import dev.gnomon.machine.recorder.Output;
import dev.gnomon.machine.recorder.RecordedRun;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The recorder's machine under the host's KVM: the same memory, registers, ports and host
 * operations, but the kernel's MMU. vCPUs run in turn, each until it yields or ends.
 *
 * <p>Made, run once and closed by one thread.
 */
public final class KvmMachine implements AutoCloseable {
  private final RecordedRun run;
  private final Resources memoryAndTrace = new Resources();
  private final Resources kvm = new Resources();
  private final SystemCalls calls;
  private final @Nullable KvmTrace trace;
  private final String traceObstacle;
  private final Output output;
  private final KvmSlots slots;
  private final List<KvmVcpu> vcpus = new ArrayList<>();
  private final KvmHostOperations hostOperations;

  /**
   * Makes the machine and its memory, and begins to record KVM's events where that is possible.
   *
   * @param programName what the guest's program is called
   * @param program its bytes
   * @param hasEvents whether events are wanted
   * @throws InputException if there is no KVM for this user, or too little memory
   * @throws KvmRefusalException if KVM does not take this guest
   */
  public KvmMachine(RecordedRun run, String programName, byte[] program, boolean hasEvents) {
    this.run = run;
    calls = new SystemCalls();
    memoryAndTrace.keep(calls::close);
    try {
      long blocked = calls.block(Kick.SIGNAL);
      memoryAndTrace.keep(() -> unblock(blocked));
      HostMemory memory = KvmSlots.memoryFor(run);
      memoryAndTrace.keep(memory::close);
      KvmDevice device = KvmDevice.open(calls);
      kvm.keep(device::close);
      KvmTrace started = null;
      String obstacle = "not wanted";
      if (hasEvents) {
        try {
          started = KvmTrace.start(calls.threadNumber());
          memoryAndTrace.keep(started::close);
          obstacle = "";
        } catch (InputException e) {
          obstacle = String.valueOf(e.getMessage());
        }
      }
      trace = started;
      traceObstacle = obstacle;
      output = new Output(this::mark);
      KvmVm vm = new KvmVm(calls, device);
      kvm.keep(vm::close);
      if (run.ringEntries() != 0) {
        enableRings(vm);
      }
      slots = new KvmSlots(calls, vm, output, run, memory);
      output.line(
          "MODE %s bin %s (%d bytes) vcpus %d mem %x"
              .formatted(
                  run.mode().label(), programName, program.length, run.vcpus(), run.memoryBytes()));
      InitialMemory.write(run, program, slots::write);
      List<KvmRing> rings = makeVcpus(device, vm, blocked);
      hostOperations = new KvmHostOperations(calls, vm, slots, rings, output);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  /** A kick that came late must not be delivered: it would end the process. */
  private void unblock(long blocked) {
    calls.drain(Kick.SIGNAL);
    calls.setBlocked(blocked);
  }

  private void mark(String text) {
    if (trace != null) {
      trace.mark(text);
    }
  }

  private void enableRings(KvmVm vm) {
    int result =
        vm.enable(KvmRequests.CAPABILITY_DIRTY_RING, run.ringEntries() * KvmRing.ENTRY_BYTES);
    if (result < 0) {
      throw new KvmRefusalException("dirty rings: " + calls.words(result));
    }
  }

  private List<KvmRing> makeVcpus(KvmDevice device, KvmVm vm, long blocked) {
    List<KvmRing> rings = new ArrayList<>();
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment cpuid = device.supportedCpuid(arena);
      for (int index = 0; index < run.vcpus(); index++) {
        KvmVcpu vcpu = new KvmVcpu(calls, device, vm, index, cpuid);
        kvm.keep(vcpu::close);
        vcpus.add(vcpu);
        vcpu.setBlockedSignals(blocked & ~Kick.MASK);
        vcpu.load(InitialState.of(run, index));
        if (run.ringEntries() != 0) {
          KvmRing ring = new KvmRing(calls, vcpu, run.ringEntries());
          kvm.keep(ring::close);
          rings.add(ring);
        }
      }
    }
    return rings;
  }

  /** What gets this thread out of a guest that does not end. */
  public Kick kick() {
    return new Kick(calls);
  }

  /**
   * Runs the guest to its end.
   *
   * @param isOver whether to give up; asked when the thread was kicked
   */
  public KvmOutcome run(BooleanSupplier isOver) {
    calls.drain(Kick.SIGNAL);
    KvmRunLoop loop = new KvmRunLoop(vcpus, hostOperations, output, () -> goesOn(isOver));
    output.mark("start");
    loop.run();
    output.mark("end");
    for (int vcpu = 0; vcpu < vcpus.size(); vcpu++) {
      output.line(KvmRunLoop.registers(vcpu, vcpus.get(vcpu).state()));
    }
    if (slots.isLogged(0)) {
      hostOperations.getDirtyLog(0);
    }
    for (int id = 0; id < KvmSlots.COUNT; id++) {
      if (slots.isUsed(id)) {
        output.line("HASH slot %d %016x".formatted(id, slots.hash(id)));
      }
    }
    FinalState end = new FinalState(loop.settledStates(), slots.images());
    kvm.close();
    output.mark("vm closed");
    return outcome(loop.trouble(), end);
  }

  private boolean goesOn(BooleanSupplier isOver) {
    if (isOver.getAsBoolean()) {
      return false;
    }
    calls.drain(Kick.SIGNAL);
    return true;
  }

  private KvmOutcome outcome(List<KvmOutcome.Trouble> trouble, FinalState end) {
    List<String> events = List.of();
    String obstacle = traceObstacle;
    if (trace != null) {
      try {
        events = trace.take();
      } catch (InputException e) {
        obstacle = String.valueOf(e.getMessage());
      }
    }
    return new KvmOutcome(output.lines(), events, obstacle, trouble, end);
  }

  /** Gives all back. */
  @Override
  public void close() {
    kvm.close();
    memoryAndTrace.close();
  }
}
