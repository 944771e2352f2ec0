package dev.gnomon.machine.x86;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * A vCPU that executes machine code: registers, memory as the instructions see it, and the run
 * loop. Used by the CPU that runs the vCPU.
 */
public final class X86Cpu {
  private final Vcpu vcpu;
  private final CpuState state;
  private final CpuFeatures features;
  private final Board board;
  private final Segment[] segments;
  private final GuestException exception = new GuestException();
  private final ExceptionDelivery delivery = new ExceptionDelivery(this);

  private RandomNumbers randomNumbers;
  private int codeSize;
  private long instructions;

  public X86Cpu(Vcpu vcpu, CpuState state, CpuFeatures features, Board board) {
    this.vcpu = vcpu;
    this.state = state;
    this.features = features;
    this.board = board;
    segments = state.segments;
    randomNumbers = RandomNumbers.seeded(vcpu.index());
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

  Board board() {
    return board;
  }

  ExceptionDelivery delivery() {
    return delivery;
  }

  /** How many instructions have been executed; a REP string instruction is one. */
  public long instructions() {
    return instructions;
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
    throw new UnsupportedOperationException();
  }

  /** Has {@link #run} return after this instruction. For the board, within a call to it. */
  public void stop() {
    throw new UnsupportedOperationException();
  }

  /** Triple fault: {@link #run} returns. */
  void shutDown() {
    throw new UnsupportedOperationException();
  }

  /** Whether external interrupts are delivered now: IF is set, and not by the last instruction. */
  public boolean isInterruptible() {
    return (state.systemFlags() & Flags.IF) != 0;
  }

  /** Has the run loop ask the board for interrupts after this instruction: IF may have been set. */
  void lookForInterrupts() {
    throw new UnsupportedOperationException();
  }

  /** No interrupt is delivered before the next instruction is done: STI, MOV SS, POP SS. */
  void inhibitInterrupts() {
    throw new UnsupportedOperationException();
  }

  /**
   * Something that the processor derives from registers has changed: CR0, CR4, EFER, CPL, CS, SS,
   * RFLAGS.AC or VM. The instruction must be one that ends its block.
   */
  void modeChanged() {
    codeSize = state.is64Bit() ? 8 : state.segments[CpuState.CS].isBig() ? 4 : 2;
    vcpu.setUser(state.cpl == 3);
  }

  /** 2, 4 or 8: of 16-, 32- or 64-bit code. */
  int codeSize() {
    return codeSize;
  }

  /** 2, 4 or 8: how wide the stack pointer is. */
  int stackSize() {
    return codeSize == 8 ? 8 : segments[CpuState.SS].isBig() ? 4 : 2;
  }

  /** HLT: {@link #run} asks the board to wait when this instruction is done. */
  void halt() {
    throw new UnsupportedOperationException();
  }

  /** Whether a long instruction is to be left between two of its steps, and begun again later. */
  boolean isInterruptWanted() {
    throw new UnsupportedOperationException();
  }

  /** Begins this instruction again when the run loop has looked round: RIP goes back to it. */
  void restart() {
    throw new UnsupportedOperationException();
  }

  /**
   * A near branch: goes to an address in the same code segment.
   *
   * @param rip already cut to the operand size
   * @throws GuestException #GP if the address is not canonical or beyond the limit
   */
  void jump(long rip) {
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
    throw new UnsupportedOperationException();
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
    throw new UnsupportedOperationException();
  }

  /**
   * The hpa at which the rest of a page may be written at once, as if by writes of the guest; -1 if
   * the VMM has to emulate the write: {@link Vcpu#emulateWrite} must follow.
   */
  long writableBlock(long linear) {
    return vcpu.writable(linear);
  }

  long readLinear(long linear, int size) {
    throw new UnsupportedOperationException();
  }

  long readLinearForUpdate(long linear, int size) {
    throw new UnsupportedOperationException();
  }

  void writeLinear(long linear, int size, long value) {
    throw new UnsupportedOperationException();
  }

  void prepareWriteLinear(long linear, int size) {
    throw new UnsupportedOperationException();
  }

  /**
   * LOCK CMPXCHG of 1, 2, 4 or 8 bytes: stores {@code value} if they hold {@code expected}; a full
   * barrier. Any other locked update is a loop of {@link #readLinearForUpdate} and this.
   *
   * @return what they held, zero-extended
   */
  long compareAndExchange(long linear, int size, long expected, long value) {
    throw new UnsupportedOperationException();
  }

  /** Reads as the processor does for itself (descriptors, IDT, TSS): as supervisor. */
  long readSystem(long linear, int size) {
    throw new UnsupportedOperationException();
  }

  /** Writes as the processor does for itself: as supervisor. */
  void writeSystem(long linear, int size, long value) {
    throw new UnsupportedOperationException();
  }
}
