package dev.gnomon.machine.x86;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.processor.WritingInstruction;
import org.jspecify.annotations.Nullable;

/**
 * Executes blocks, one after the other, and between two of them sees to what came up: requests of
 * the MMU's and the VMM's, interrupts, HLT, the end.
 *
 * <p>It is in guest mode but while it asks the board. An exception of an instruction is delivered
 * with RIP at the instruction and all else as before it.
 */
final class RunLoop implements WritingInstruction {
  /** What there is to see to before the next block. */
  private static final int LOOK_FOR_INTERRUPTS = 1;

  private static final int STOP = 1 << 1;
  private static final int SHUTDOWN = 1 << 2;
  private static final int HALT = 1 << 3;

  private final X86Cpu cpu;
  private final Vcpu vcpu;
  private final CpuState state;
  private final Board board;
  private final LinearMemory memory;
  private final BlockCache cache;
  private final BlockMaker maker;

  private int attention;

  /** Whether the board may have an interrupt that could not be delivered when it was last asked. */
  private boolean mayHaveInterrupt;

  /** STI, MOV SS: no interrupt before the next instruction is done. */
  private boolean isInhibited;

  /** Whether the instruction that is executed may end in a trap, of a step or a breakpoint. */
  private boolean isDebugged;

  private boolean isTrapInhibited;
  private boolean isRestarted;

  /** The block that is executed, or was last. */
  private @Nullable Block running;

  /** How many instructions of the running block are to be executed. */
  private int blockEnd;

  private long linear;

  /** The address of the instruction during which something was asked for. */
  private long attentionAddress;

  private long instructions;
  private long faults;

  RunLoop(X86Cpu cpu, LinearMemory memory) {
    this.cpu = cpu;
    this.memory = memory;
    vcpu = cpu.vcpu();
    state = cpu.state();
    board = cpu.board();
    cache = new BlockCache(vcpu.memory());
    maker = new BlockMaker(cpu, vcpu, vcpu.memory());
    vcpu.setInstruction(this);
  }

  StopReason run(long maxInstructions) {
    long before = instructions + faults;
    long limit =
        maxInstructions > Long.MAX_VALUE - before ? Long.MAX_VALUE : before + maxInstructions;
    vcpu.enterGuest();
    try {
      while (true) {
        if (attention != 0 || vcpu.isInterrupted()) {
          StopReason reason = lookRound();
          if (reason != null) {
            return reason;
          }
        } else {
          long left = limit - instructions - faults;
          if (left <= 0) {
            return StopReason.COUNT;
          }
          step(left);
        }
      }
    } finally {
      vcpu.leaveGuest();
    }
  }

  long instructions() {
    return instructions;
  }

  @Override
  public boolean editsTables() {
    int index = executing();
    return running == null || index < 0 || (running.tableEdits >>> index & 1) != 0;
  }

  @Override
  public long rip() {
    int index = executing();
    return running == null || index < 0 ? state.rip : running.rip + running.offsets[index];
  }

  /** Which instruction of the running block RIP is behind; -1 if it is somewhere else. */
  private int executing() {
    Block block = running;
    for (int i = 0; block != null && i < block.operations.length; i++) {
      if (state.rip == block.rip + block.offsets[i + 1]) {
        return i;
      }
    }
    return -1;
  }

  // --- one block ---

  private void step(long left) {
    int count;
    Block block;
    try {
      block = find();
      count = block.operations.length;
      if (state.rip + block.length - 1 > lastRip()) {
        count = fitting(block);
      }
    } catch (GuestException e) {
      faults++;
      cpu.delivery().deliver(e);
      return;
    }
    boolean isSingleStep = (state.systemFlags() & Flags.TF) != 0;
    isDebugged = isSingleStep | cpu.breakpoints().isOn();
    if ((state.systemFlags() & Flags.RF) != 0) {
      // It keeps this one instruction from its breakpoint.
      state.clearSystemFlags(Flags.RF);
    } else if (isDebugged && hitsBreakpoint()) {
      return;
    }
    if (left < count) {
      count = (int) left;
    }
    if (isInhibited | isDebugged) {
      count = 1;
      if (isInhibited) {
        isInhibited = false;
        lookForInterrupts();
      }
    }
    memory.setCode(linear, block.length);
    boolean isDone = execute(block, count);
    if (isDebugged) {
      trap(isDone, isSingleStep);
    }
  }

  /** Raises #DB where the instruction that would be next has a breakpoint. */
  private boolean hitsBreakpoint() {
    long bits = cpu.breakpoints().atInstruction(linear);
    if (bits == 0) {
      return false;
    }
    state.dr[6] |= bits;
    faults++;
    cpu.delivery().deliverTrap(GuestException.DB);
    return true;
  }

  /** After an instruction: #DB of a single step, of data that was watched, or of both. */
  private void trap(boolean isDone, boolean isSingleStep) {
    if (isTrapInhibited) {
      isTrapInhibited = false;
      return;
    }
    long bits = cpu.breakpoints().take();
    if (isDone && (isSingleStep || bits != 0)) {
      state.dr[6] |= bits | (isSingleStep ? DebugRegisters.SINGLE_STEP : 0);
      cpu.delivery().deliverTrap(GuestException.DB);
    }
  }

  /** Executes instructions of a block. Returns false if one of them has faulted. */
  private boolean execute(Block block, int count) {
    X86Cpu executing = cpu;
    CpuState registers = state;
    Operation[] operations = block.operations;
    short[] offsets = block.offsets;
    long rip = block.rip;
    running = block;
    blockEnd = count;
    int done = 0;
    try {
      do {
        registers.rip = rip + offsets[done + 1];
        operations[done].execute(executing);
        done++;
      } while (done < blockEnd);
    } catch (GuestException e) {
      registers.rip = rip + offsets[done];
      instructions += done;
      faults++;
      executing.delivery().deliver(e);
      return false;
    } catch (Refusal e) {
      registers.rip = rip + offsets[done];
      instructions += done;
      executing.shutDown(e.getMessage());
      return false;
    }
    if (attention != 0) {
      attentionAddress = rip + offsets[done - 1];
    }
    if (isRestarted) {
      isRestarted = false;
      done--;
      registers.rip = rip + offsets[done];
    }
    instructions += done;
    return true;
  }

  long attentionAddress() {
    return attentionAddress;
  }

  /** The block at RIP: from the cache, if memory holds what it was made of, else made now. */
  private Block find() {
    int codeSize = cpu.codeSize();
    long rip = state.rip;
    if (codeSize == 8) {
      if (!cpu.isCanonical(rip)) {
        throw cpu.raise(GuestException.GP, 0);
      }
      linear = rip;
    } else {
      rip &= 0xffff_ffffL;
      state.rip = rip;
      linear = state.segments[CpuState.CS].base() + rip & 0xffff_ffffL;
    }
    long hpa = vcpu.executable(linear);
    if (hpa < 0) {
      return maker.makeOutside(rip, codeSize);
    }
    Block block = cache.find(hpa, rip, codeSize);
    return block != null ? block : maker.make(cache, hpa, linear, rip, codeSize);
  }

  /** The last address of code: CS's limit; 64-bit code has none. */
  private long lastRip() {
    return cpu.codeSize() == 8
        ? Long.MAX_VALUE
        : Integer.toUnsignedLong(state.segments[CpuState.CS].limit());
  }

  /** How many instructions of a block lie within CS's limit; #GP if none does. */
  private int fitting(Block block) {
    int count = 0;
    while (count < block.operations.length
        && state.rip + block.offsets[count + 1] - 1 <= lastRip()) {
      count++;
    }
    if (count == 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
    return count;
  }

  // --- what instructions and the board ask for ---

  /** No more instructions of this block after the one that is being executed. */
  void endBlock() {
    blockEnd = 0;
  }

  void restart() {
    isRestarted = true;
    endBlock();
  }

  void stop() {
    attention |= STOP;
    endBlock();
  }

  void shutDown() {
    attention |= SHUTDOWN;
    endBlock();
  }

  void halt() {
    attention |= HALT;
    endBlock();
  }

  void wake() {
    attention &= ~HALT;
  }

  boolean isHalted() {
    return (attention & HALT) != 0;
  }

  void inhibitInterrupts() {
    isInhibited = true;
    endBlock();
  }

  void inhibitTrap() {
    isTrapInhibited = isDebugged;
  }

  boolean isInhibited() {
    return isInhibited;
  }

  /** Asks the board after this instruction, if it may have something. */
  void lookForInterrupts() {
    if (mayHaveInterrupt) {
      attention |= LOOK_FOR_INTERRUPTS;
    }
  }

  void noteEvent() {
    mayHaveInterrupt = true;
    attention |= LOOK_FOR_INTERRUPTS;
  }

  boolean isInterruptWanted() {
    return attention != 0 || vcpu.isInterrupted();
  }

  // --- between blocks ---

  private @Nullable StopReason lookRound() {
    if ((attention & SHUTDOWN) != 0) {
      attention &= ~SHUTDOWN;
      return StopReason.SHUTDOWN;
    }
    if ((attention & STOP) != 0) {
      attention &= ~STOP;
      return StopReason.STOPPED;
    }
    vcpu.takeRequests();
    if (vcpu.takeEvent()) {
      noteEvent();
    }
    if (vcpu.isPauseRequested()) {
      return StopReason.PAUSED;
    }
    if ((attention & LOOK_FOR_INTERRUPTS) != 0) {
      attention &= ~LOOK_FOR_INTERRUPTS;
      askBoard();
    } else if ((attention & HALT) != 0) {
      vcpu.leaveGuest();
      boolean isWoken = board.halt(cpu);
      // INIT and SIPI may have come in the meantime.
      PagingControl.takeRegisters(cpu);
      vcpu.enterGuest();
      if (!isWoken) {
        return StopReason.HALTED;
      }
      noteEvent();
    }
    return null;
  }

  private void askBoard() {
    if (isInhibited) {
      // Asked again after the next instruction.
      return;
    }
    vcpu.leaveGuest();
    int vector = board.nextInterrupt(cpu);
    vcpu.enterGuest();
    if (vector >= 0) {
      wake();
      cpu.delivery().deliverInterrupt(vector);
      attention |= LOOK_FOR_INTERRUPTS;
    } else if (vector == Board.NO_INTERRUPT && cpu.isInterruptible()) {
      mayHaveInterrupt = false;
    }
  }
}
