package dev.gnomon.machine.x86;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.HexFormat;

/**
 * A vCPU that executes machine code: registers, memory as the instructions see it, and the run
 * loop. Used by the CPU that runs the vCPU.
 */
public final class X86Cpu {
  private final Vcpu vcpu;
  private final CpuState state;
  private final CpuFeatures features;
  private final Cpuid cpuid;
  private final Board board;
  private final Segment[] segments;
  private final GuestException exception = new GuestException();
  private final ExceptionDelivery delivery;

  private RandomNumbers randomNumbers;
  private final LinearMemory linearMemory;
  private final RunLoop loop;
  private int codeSize;

  /** How far an address is shifted to have its highest bit that counts at bit 63. */
  private int canonicalShift;

  private final Breakpoints breakpoints;
  private String shutdownReason = "";
  private String shutdownCode = "";

  /** Whether breakpoints are on. */
  private boolean isWatched;

  private boolean isLongMode;
  private boolean checksAlignment;

  public X86Cpu(Vcpu vcpu, CpuState state, CpuFeatures features, Board board) {
    this.vcpu = vcpu;
    this.state = state;
    this.features = features.withPhysicalAddressBitsUpTo(vcpu.physicalAddressBits());
    cpuid = new Cpuid(this.features, vcpu.index(), vcpu.vcpus());
    vcpu.control().setPagingFeatures(this.features.paging());
    this.board = board;
    segments = state.segments;
    breakpoints = new Breakpoints(state);
    delivery = new ExceptionDelivery(this);
    randomNumbers = RandomNumbers.seeded(vcpu.index());
    linearMemory = new LinearMemory(this, vcpu, vcpu.memory());
    loop = new RunLoop(this, linearMemory);
    modeChanged();
  }

  public CpuState state() {
    return state;
  }

  public Vcpu vcpu() {
    return vcpu;
  }

  public int index() {
    return vcpu.index();
  }

  CpuFeatures features() {
    return features;
  }

  /** What CPUID answers. */
  Cpuid cpuid() {
    return cpuid;
  }

  Board board() {
    return board;
  }

  ExceptionDelivery delivery() {
    return delivery;
  }

  /**
   * When {@link #run} has returned because the board called {@link #stop}: the address of the
   * instruction within which it did. RIP is that of the next one already.
   */
  public long stoppedAt() {
    return loop.attentionAddress();
  }

  /** How many instructions have been executed; a REP string instruction is one. */
  public long instructions() {
    return loop.instructions();
  }

  /** What RDRAND and RDSEED give. */
  RandomNumbers randomNumbers() {
    return randomNumbers;
  }

  /** Replaces the numbers that RDRAND and RDSEED give: at first those of the vCPU's index. */
  public void setRandomNumbers(RandomNumbers numbers) {
    randomNumbers = numbers;
  }

  // --- running ---

  /**
   * Executes instructions, in guest mode, until there is a reason to stop.
   *
   * @param maxInstructions no more than these; at least 1
   */
  public StopReason run(long maxInstructions) {
    PagingControl.takeRegisters(this);
    return loop.run(maxInstructions);
  }

  /** Has {@link #run} return after this instruction. For the board, within a call to it. */
  public void stop() {
    loop.stop();
  }

  /**
   * Triple fault, or what this processor does not do: {@link #run} returns.
   *
   * @param why for the user
   */
  void shutDown(String why) {
    shutdownReason = why;
    shutdownCode = HexFormat.ofDelimiter(" ").formatHex(CodeBytes.at(this, state.rip));
    loop.shutDown();
  }

  /** After {@link StopReason#SHUTDOWN}: what led to it, for the user. */
  public String shutdownReason() {
    return shutdownReason;
  }

  /** After {@link StopReason#SHUTDOWN}: the bytes at RIP, as far as they could be fetched. */
  public String shutdownCode() {
    return shutdownCode;
  }

  /** Whether an NMI must wait for the end of another one's handler. */
  public boolean isNmiBlocked() {
    return state.isNmiBlocked || loop.isInhibited();
  }

  /** Whether external interrupts are delivered now: IF is set, and not by the last instruction. */
  public boolean isInterruptible() {
    return (state.systemFlags() & Flags.IF) != 0 && !loop.isInhibited();
  }

  /** Has the run loop ask the board for interrupts after this instruction: IF may have been set. */
  void lookForInterrupts() {
    loop.lookForInterrupts();
  }

  /**
   * Has the run loop ask the board for interrupts after this instruction. For the board, within a
   * call to it, and for whoever wants an interrupt delivered before the vCPU runs.
   */
  public void noteEvent() {
    loop.noteEvent();
  }

  /** No interrupt is delivered before the next instruction is done: STI, MOV SS, POP SS. */
  void inhibitInterrupts() {
    loop.inhibitInterrupts();
  }

  /** This instruction has no trap: MOV SS; what clears RFLAGS.TF on its way to a handler. */
  void inhibitTrap() {
    loop.inhibitTrap();
  }

  /**
   * Something that the processor derives from registers has changed: CR0, CR4, EFER, CPL, CS, SS,
   * RFLAGS.AC or VM. The instruction must be one that ends its block.
   */
  public void modeChanged() {
    codeSize = state.is64Bit() ? 8 : state.segments[CpuState.CS].isBig() ? 4 : 2;
    isLongMode = state.isLongMode();
    canonicalShift = (state.cr4 & CpuState.CR4_LA57) != 0 ? 7 : 16;
    boolean isUser = state.cpl == 3;
    checksAlignment =
        isUser && (state.cr0 & CpuState.CR0_AM) != 0 && (state.systemFlags() & Flags.AC) != 0;
    vcpu.setPrivilege(isUser, (state.systemFlags() & Flags.AC) != 0);
  }

  /** DR7 has changed. */
  void debugChanged() {
    breakpoints.changed();
    isWatched = breakpoints.isOn();
  }

  Breakpoints breakpoints() {
    return breakpoints;
  }

  /** 2, 4 or 8: of 16-, 32- or 64-bit code. */
  int codeSize() {
    return codeSize;
  }

  /** 2, 4 or 8: how wide the stack pointer is. */
  int stackSize() {
    return codeSize == 8 ? 8 : segments[CpuState.SS].isBig() ? 4 : 2;
  }

  /** HLT: {@link #run} asks the board to wait, until an interrupt comes or {@link #wake}. */
  public void halt() {
    loop.halt();
  }

  /** Ends HLT: for the board, when INIT or SIPI has changed the registers. */
  public void wake() {
    loop.wake();
  }

  /** Whether it waits, after HLT. */
  public boolean isHalted() {
    return loop.isHalted();
  }

  /** No more instructions of this block are executed after this one. */
  void endBlock() {
    loop.endBlock();
  }

  /** Whether a long instruction is to be left between two of its steps, and begun again later. */
  boolean isInterruptWanted() {
    return loop.isInterruptWanted();
  }

  /** Begins this instruction again when the run loop has looked round: RIP goes back to it. */
  void restart() {
    loop.restart();
  }

  /**
   * A near branch: goes to an address in the same code segment.
   *
   * @param rip already cut to the operand size
   * @throws GuestException #GP if the address is not canonical or beyond the limit
   */
  void jump(long rip) {
    if (codeSize == 8) {
      if (!isCanonical(rip)) {
        throw raise(GuestException.GP, 0);
      }
    } else if (rip > Integer.toUnsignedLong(segments[CpuState.CS].limit())) {
      throw raise(GuestException.GP, 0);
    }
    state.rip = rip;
  }

  // --- exceptions ---

  /** Raises a fault without an error code. Never returns: {@code throw cpu.raise(...)}. */
  GuestException raise(int vector) {
    throw exception.set(vector);
  }

  /** Raises a fault with an error code. Never returns. */
  GuestException raise(int vector, long errorCode) {
    throw exception.set(vector, errorCode);
  }

  // --- memory, through a segment ---

  /**
   * The linear address of an operand, after the segment's (or the canonical form's) checks.
   *
   * @param offset cut to the address size
   */
  long linear(int segment, long offset, int size, boolean isWrite) {
    Segment used = segments[segment];
    if (codeSize == 8) {
      long linear = segment >= CpuState.FS ? used.base() + offset : offset;
      if (!isCanonical(linear)) {
        throw raise(segment == CpuState.SS ? GuestException.SS : GuestException.GP, 0);
      }
      return linear;
    }
    if (!(isWrite ? used.allowsWrite(offset, size) : used.allowsRead(offset, size))) {
      throw raise(segment == CpuState.SS ? GuestException.SS : GuestException.GP, 0);
    }
    return used.base() + offset & 0xffff_ffffL;
  }

  /** Whether the bits of a linear address that are not translated equal the highest that is. */
  boolean isCanonical(long linear) {
    return linear << canonicalShift >> canonicalShift == linear;
  }

  /** The address of the second page of an access that crosses pages. */
  long wrap(long linear) {
    if (!isLongMode) {
      return linear & 0xffff_ffffL;
    }
    if (!isCanonical(linear)) {
      throw raise(GuestException.GP, 0);
    }
    return linear;
  }

  /** #AC, where unaligned accesses are not allowed. */
  void checkAlignment() {
    if (checksAlignment) {
      throw raise(GuestException.AC, 0);
    }
  }

  /** Reads 1, 2, 4 or 8 bytes; zero-extended. */
  long readMemory(int segment, long offset, int size) {
    return readLinear(linear(segment, offset, size, false), size);
  }

  /** Reads what will be written back: with the checks of a write. */
  long readForUpdate(int segment, long offset, int size) {
    return readLinearForUpdate(linear(segment, offset, size, true), size);
  }

  /** Writes 1, 2, 4 or 8 bytes. A write that faults has written nothing. */
  void writeMemory(int segment, long offset, int size, long value) {
    writeLinear(linear(segment, offset, size, true), size, value);
  }

  /** Makes sure that a write of up to 4096 bytes would not fault now. */
  void prepareWrite(int segment, long offset, int size) {
    prepareWriteLinear(linear(segment, offset, size, true), size);
  }

  // --- memory, by linear address ---

  /** Host-physical memory, for {@link #writableBlock} and {@link Vcpu#readable}. */
  PhysicalMemory memory() {
    return vcpu.memory();
  }

  /**
   * The hpa at which the rest of a page may be written at once, as if by writes of the guest; -1 if
   * the VMM has to emulate the write: {@link Vcpu#emulateWrite} must follow.
   */
  long writableBlock(long linear) {
    linearMemory.willWritePage(linear);
    return vcpu.writable(linear);
  }

  long readLinear(long linear, int size) {
    if (isWatched) {
      breakpoints.accessed(linear, size, false);
    }
    return linearMemory.read(linear, size);
  }

  long readLinearForUpdate(long linear, int size) {
    if (isWatched) {
      breakpoints.accessed(linear, size, true);
    }
    return linearMemory.readForUpdate(linear, size);
  }

  void writeLinear(long linear, int size, long value) {
    if (isWatched) {
      breakpoints.accessed(linear, size, true);
    }
    linearMemory.write(linear, size, value);
  }

  void prepareWriteLinear(long linear, int size) {
    linearMemory.prepareWrite(linear, size);
  }

  /**
   * LOCK CMPXCHG of 1, 2, 4 or 8 bytes: stores {@code value} if they hold {@code expected}; a full
   * barrier. Any other locked update is a loop of {@link #readLinearForUpdate} and this.
   *
   * @return what they held, zero-extended
   */
  long compareAndExchange(long linear, int size, long expected, long value) {
    if (isWatched) {
      breakpoints.accessed(linear, size, true);
    }
    return linearMemory.compareAndExchange(linear, size, expected, value);
  }

  /** Reads as the processor does for itself (descriptors, IDT, TSS): as supervisor. */
  long readSystem(long linear, int size) {
    return vcpu.readSystem(linear, size);
  }

  /** Writes as the processor does for itself: as supervisor. */
  void writeSystem(long linear, int size, long value) {
    vcpu.writeSystem(linear, size, value);
  }
}
