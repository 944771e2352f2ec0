package dev.gnomon.machine.device;

import java.util.Arrays;

/**
 * A vCPU's local APIC (Intel SDM 3A, chapter 11): its registers, which of the requested vectors is
 * delivered next, and what is in service. As xAPIC it has a page of memory-mapped registers, as
 * x2APIC the MSRs 0x800 to 0x8ff; register {@code n} is at offset {@code n << 4} and MSR {@code
 * 0x800 + n}.
 *
 * <p>Used by its vCPU's CPU. What others see of it lies in {@link ApicWords}.
 */
final class LocalApic {
  /** Where the registers lie after reset. */
  static final long DEFAULT_BASE = 0xfee0_0000L;

  /** How many bytes the registers take. */
  static final int SIZE = 0x1000;

  // Bits of the MSR IA32_APIC_BASE.
  static final long BOOT_PROCESSOR = 1L << 8;
  static final long X2APIC_ENABLE = 1L << 10;
  static final long ENABLE = 1L << 11;
  private static final long BASE_FLAGS = BOOT_PROCESSOR | X2APIC_ENABLE | ENABLE;

  /** An integrated APIC with six local vectors. */
  private static final int VERSION_VALUE = 0x0005_0014;

  private static final int SOFTWARE_ENABLE = 1 << 8;
  private static final int MASKED = ApicTimer.MASKED;
  private static final int LOCAL_VECTORS = 5;
  private static final int EXTERNAL = 7 << 8;
  private static final int DELIVERY_MODE = 7 << 8;
  private static final int COMMAND_BITS = 0x000c_cfff;
  private static final int SENT_ILLEGAL_VECTOR = 1 << 5;
  private static final int ILLEGAL_REGISTER = 1 << 7;
  private static final int XAPIC_ID_SHIFT = 24;
  private static final int FIRST_LEGAL_VECTOR = 16;

  private final int id;
  private final ApicWords words;
  private final ApicBus bus;
  private final ApicTimer timer;

  private long base;
  private int taskPriority;
  private int logicalDestination;
  private boolean isFlat = true;
  private int destinationFormat = -1;
  private int spurious = 0xff;
  private int errors;
  private int errorStatus;
  private int command;
  private int commandHigh;

  /** Those from {@link #ApicRegisters.THERMAL} on. */
  private final int[] localVectors = new int[LOCAL_VECTORS];

  private final InService inService = new InService();

  LocalApic(int id, ApicWords words, ApicBus bus, ApicTimer timer) {
    this.id = id;
    this.words = words;
    this.bus = bus;
    this.timer = timer;
    base = DEFAULT_BASE | ENABLE | (id == 0 ? BOOT_PROCESSOR : 0);
    initialize();
  }

  /** INIT: everything as after reset but the base register and the identifier. */
  void initialize() {
    taskPriority = 0;
    logicalDestination = isX2apic() ? x2apicLogical() : 0;
    destinationFormat = -1;
    isFlat = true;
    spurious = 0xff;
    errors = 0;
    errorStatus = 0;
    command = 0;
    commandHigh = 0;
    Arrays.fill(localVectors, MASKED);
    inService.clear();
    words.clearVectors(id);
    timer.reset();
    publish();
  }

  /**
   * The boot processor's first pin takes the old controllers' interrupts, as a PC's firmware leaves
   * it ("virtual wire").
   */
  void connectOldControllers() {
    spurious |= SOFTWARE_ENABLE;
    localVectors[ApicRegisters.LINT0 - ApicRegisters.THERMAL] = EXTERNAL;
    publish();
  }

  private void publish() {
    words.setAddress(
        id,
        ApicAddress.of(
            logicalDestination,
            isFlat,
            isX2apic(),
            isEnabled(),
            isEnabled() && (spurious & SOFTWARE_ENABLE) != 0));
  }

  // --- its base register ---

  /** The MSR IA32_APIC_BASE. */
  long base() {
    return base;
  }

  /** The gpa of its registers. */
  long address() {
    return base & -SIZE;
  }

  /** Not switched off in its base register. */
  boolean isEnabled() {
    return (base & ENABLE) != 0;
  }

  boolean isX2apic() {
    return (base & X2APIC_ENABLE) != 0;
  }

  /**
   * Writes the MSR IA32_APIC_BASE.
   *
   * @param hasX2apic whether the processor offers that mode
   * @param physicalBits how wide physical addresses are
   * @return false if that raises #GP: reserved bits, or a change of mode that there is none of
   */
  boolean setBase(long value, boolean hasX2apic, int physicalBits) {
    long reserved = ~(BASE_FLAGS | (1L << physicalBits) - SIZE);
    boolean toX2apic = (value & X2APIC_ENABLE) != 0;
    boolean toEnabled = (value & ENABLE) != 0;
    if ((value & reserved) != 0
        || toX2apic && (!hasX2apic || !toEnabled || !isEnabled())
        || isX2apic() && toEnabled && !toX2apic) {
      return false;
    }
    boolean wasX2apic = isX2apic();
    boolean wasEnabled = isEnabled();
    base = value;
    if (toX2apic && !wasX2apic) {
      logicalDestination = x2apicLogical();
    }
    if (wasEnabled && !toEnabled) {
      initialize();
    }
    publish();
    return true;
  }

  /** The cluster in the upper half, a bit for the place in it below: 11.12.10.2. */
  private int x2apicLogical() {
    return id >>> 4 << 16 | 1 << (id & 0xf);
  }

  // --- registers ---

  /** Whether a register can be read in the mode that the APIC is in. */
  boolean isReadable(int register) {
    return ApicRegisters.isReadable(register, isX2apic());
  }

  /**
   * Reads a register.
   *
   * @param now the time in nanoseconds
   */
  int read(int register, long now) {
    return switch (register) {
      case ApicRegisters.ID -> isX2apic() ? id : id << XAPIC_ID_SHIFT;
      case ApicRegisters.VERSION -> VERSION_VALUE;
      case ApicRegisters.TASK_PRIORITY -> taskPriority;
      case ApicRegisters.ARBITRATION_PRIORITY, ApicRegisters.PROCESSOR_PRIORITY ->
          processorPriority();
      case ApicRegisters.LOGICAL_DESTINATION -> logicalDestination;
      case ApicRegisters.DESTINATION_FORMAT -> destinationFormat;
      case ApicRegisters.SPURIOUS -> spurious;
      case ApicRegisters.ERROR_STATUS -> errorStatus;
      case ApicRegisters.COMMAND -> command;
      case ApicRegisters.COMMAND_HIGH -> commandHigh;
      case ApicRegisters.TIMER -> timer.vector();
      case ApicRegisters.THERMAL,
          ApicRegisters.COUNTERS,
          ApicRegisters.LINT0,
          ApicRegisters.LINT1,
          ApicRegisters.ERROR ->
          localVectors[register - ApicRegisters.THERMAL];
      case ApicRegisters.INITIAL_COUNT -> timer.initialCount();
      case ApicRegisters.CURRENT_COUNT -> timer.currentCount(now);
      case ApicRegisters.DIVIDE -> timer.divideConfiguration();
      default -> readVectors(register);
    };
  }

  private int readVectors(int register) {
    int which = register & 7;
    return switch (register & ~7) {
      case ApicRegisters.IN_SERVICE -> inService.part(which);
      case ApicRegisters.TRIGGER_MODE -> words.level(id, which);
      case ApicRegisters.REQUESTED -> words.requested(id, which);
      default -> {
        addError(ILLEGAL_REGISTER);
        yield 0;
      }
    };
  }

  /** Writes a register of the memory-mapped page. Those that are for reading stay as they are. */
  void write(int register, int value, long now) {
    switch (register) {
      case ApicRegisters.TASK_PRIORITY -> taskPriority = value & 0xff;
      case ApicRegisters.END_OF_INTERRUPT -> inService.end();
      case ApicRegisters.LOGICAL_DESTINATION -> logicalDestination = value & 0xff00_0000;
      case ApicRegisters.DESTINATION_FORMAT -> {
        destinationFormat = value | 0x0fff_ffff;
        isFlat = value >>> 28 == 0xf;
      }
      case ApicRegisters.SPURIOUS -> setSpurious(value);
      case ApicRegisters.ERROR_STATUS -> {
        errorStatus = errors;
        errors = 0;
      }
      case ApicRegisters.COMMAND -> {
        command = value & COMMAND_BITS;
        send(command, commandHigh >>> XAPIC_ID_SHIFT);
      }
      case ApicRegisters.COMMAND_HIGH -> commandHigh = value & 0xff00_0000;
      case ApicRegisters.TIMER -> timer.setVector(masked(value & 0x7_00ff));
      case ApicRegisters.THERMAL,
          ApicRegisters.COUNTERS,
          ApicRegisters.LINT0,
          ApicRegisters.LINT1,
          ApicRegisters.ERROR ->
          localVectors[register - ApicRegisters.THERMAL] = masked(value & 0x1_a7ff);
      case ApicRegisters.INITIAL_COUNT -> timer.setInitialCount(value, now);
      case ApicRegisters.DIVIDE -> timer.setDivideConfiguration(value, now);
      default -> {
        if (!isReadable(register)) {
          addError(ILLEGAL_REGISTER);
        }
      }
    }
    publish();
    wakeIfDeliverable();
  }

  /** While the APIC is off in its spurious-vector register, every local vector stays masked. */
  private int masked(int value) {
    return (spurious & SOFTWARE_ENABLE) == 0 ? value | MASKED : value;
  }

  private void setSpurious(int value) {
    spurious = value & 0x1ff;
    if ((spurious & SOFTWARE_ENABLE) == 0) {
      timer.setVector(timer.vector() | MASKED);
      for (int i = 0; i < LOCAL_VECTORS; i++) {
        localVectors[i] |= MASKED;
      }
    }
  }

  /**
   * Writes a register of the x2APIC.
   *
   * @return false if that raises #GP: there is no such register, it is for reading, or reserved
   *     bits are set
   */
  boolean writeX2apic(int register, long value, long now) {
    if (register == ApicRegisters.COMMAND) {
      if ((value & 0xffff_ffffL & ~COMMAND_BITS & ~(1 << 12)) != 0) {
        return false;
      }
      command = (int) value & COMMAND_BITS;
      commandHigh = (int) (value >>> Integer.SIZE);
      send(command, commandHigh);
      wakeIfDeliverable();
      return true;
    }
    if ((value & ~ApicRegisters.writable(register)) != 0 || ApicRegisters.writable(register) < 0) {
      return false;
    }
    if (register == ApicRegisters.SELF) {
      send(1 << 18 | (int) value, 0);
      wakeIfDeliverable();
    } else {
      write(register, (int) value, now);
    }
    return true;
  }

  /** The upper half of the x2APIC's interrupt command register is the destination. */
  long x2apicCommand() {
    return command & 0xffff_ffffL | (long) commandHigh << Integer.SIZE;
  }

  private void send(int what, int destination) {
    if (ApicBus.isIllegal(what)) {
      addError(SENT_ILLEGAL_VECTOR);
    } else {
      bus.send(id, what, destination, isX2apic());
    }
  }

  private void addError(int error) {
    errors |= error;
    requestLocally(localVectors[ApicRegisters.ERROR - ApicRegisters.THERMAL]);
  }

  private void requestLocally(int localVector) {
    int vector = localVector & 0xff;
    if ((localVector & MASKED) == 0 && vector >= FIRST_LEGAL_VECTOR) {
      words.request(id, vector, false);
      words.wake(id);
    }
  }

  // --- delivery ---

  /** The upper half of the task priority, which is CR8. */
  int taskPriorityClass() {
    return taskPriority >>> 4;
  }

  /** MOV CR8; the lower half becomes 0. */
  void setTaskPriorityClass(int value) {
    if (value != taskPriorityClass()) {
      taskPriority = value << 4;
    }
  }

  private int processorPriority() {
    int serving = Math.max(inService.highest(), 0);
    return taskPriority >>> 4 >= serving >>> 4 ? taskPriority : serving & 0xf0;
  }

  /** The vector that would be delivered now, or -1 if none is above the processor's priority. */
  int deliverable() {
    int vector = words.highestRequested(id);
    return vector >>> 4 > processorPriority() >>> 4 && vector >= 0 ? vector : -1;
  }

  /** Delivers: the vector is in service from now on. Returns -1 if there is none. */
  int deliver() {
    int vector = deliverable();
    if (vector >= 0) {
      words.accept(id, vector);
      inService.begin(vector);
    }
    return vector;
  }

  private void wakeIfDeliverable() {
    if (deliverable() >= 0) {
      words.wake(id);
    }
  }

  /** Whether the old controllers' interrupts come through: also where the APIC is off. */
  boolean takesOldControllers() {
    int vector = localVectors[ApicRegisters.LINT0 - ApicRegisters.THERMAL];
    return !isEnabled() || (vector & MASKED) == 0 && (vector & DELIVERY_MODE) == EXTERNAL;
  }

  // --- the timer ---

  ApicTimer timer() {
    return timer;
  }

  /** Requests the timer's vector if it has expired. */
  void lookAtTimer(long now, long timestampOffset) {
    if (timer.hasExpired(now, timestampOffset)) {
      requestLocally(timer.vector());
    }
  }
}
