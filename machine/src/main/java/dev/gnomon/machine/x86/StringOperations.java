package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Repeat;
import java.util.function.BiConsumer;

/**
 * MOVS, STOS, LODS, CMPS, SCAS, alone and repeated (Intel SDM volume 2B, "REP").
 *
 * <p>A repeated one is left between two elements when the run loop is wanted, and when an element
 * faults; the registers then say how far it came, and RIP is still its own, so that it goes on
 * where it stopped.
 */
final class StringOperations {
  private StringOperations() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.MOVS, instruction -> make(instruction, new Move(instruction)));
    into.accept(Mnemonic.STOS, instruction -> make(instruction, new Store(instruction)));
    into.accept(Mnemonic.LODS, instruction -> make(instruction, new Load(instruction)));
    into.accept(Mnemonic.CMPS, instruction -> make(instruction, new Compare(instruction)));
    into.accept(Mnemonic.SCAS, instruction -> make(instruction, new Scan(instruction)));
  }

  private static Operation make(Instruction instruction, StringElement element) {
    return instruction.repeat() == Repeat.NONE
        ? element
        : new Repeated(element, instruction.repeat() == Repeat.REP);
  }

  /** With a repeat prefix. */
  private static final class Repeated extends Operation {
    private final StringElement element;
    private final boolean whileEqual;

    Repeated(StringElement element, boolean whileEqual) {
      this.element = element;
      this.whileEqual = whileEqual;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState state = cpu.state();
      int width = element.addressSize;
      long left = state.read(CpuState.RCX, width);
      while (left != 0) {
        left -= element.several(cpu, left);
        state.write(CpuState.RCX, width, left);
        if (left == 0 || element.compares() && Flags.zero(state) != whileEqual) {
          return;
        }
        if (cpu.isInterruptWanted()) {
          cpu.restart();
          return;
        }
      }
    }
  }

  private static final class Move extends StringElement {
    Move(Instruction instruction) {
      super(instruction);
    }

    @Override
    void execute(X86Cpu cpu) {
      writeDestination(cpu, readSource(cpu));
      advanceSource(cpu.state());
      advanceDestination(cpu.state());
    }

    @Override
    long several(X86Cpu cpu, long most) {
      long done = StringBlocks.move(cpu, this, most);
      return done != 0 ? done : super.several(cpu, most);
    }
  }

  private static final class Store extends StringElement {
    Store(Instruction instruction) {
      super(instruction);
    }

    @Override
    void execute(X86Cpu cpu) {
      writeDestination(cpu, cpu.state().gpr[CpuState.RAX]);
      advanceDestination(cpu.state());
    }

    @Override
    long several(X86Cpu cpu, long most) {
      long done = StringBlocks.store(cpu, this, most);
      return done != 0 ? done : super.several(cpu, most);
    }
  }

  private static final class Load extends StringElement {
    Load(Instruction instruction) {
      super(instruction);
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState state = cpu.state();
      state.write(CpuState.RAX, size, readSource(cpu));
      advanceSource(state);
    }
  }

  private static final class Compare extends StringElement {
    Compare(Instruction instruction) {
      super(instruction);
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState state = cpu.state();
      long first = readSource(cpu);
      long second = readDestination(cpu);
      Flags.setSubtract(state, first, second, first - second, 64 - 8 * size);
      advanceSource(state);
      advanceDestination(state);
    }

    @Override
    boolean compares() {
      return true;
    }
  }

  private static final class Scan extends StringElement {
    Scan(Instruction instruction) {
      super(instruction);
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState state = cpu.state();
      long first = state.read(CpuState.RAX, size);
      long second = readDestination(cpu);
      Flags.setSubtract(state, first, second, first - second, 64 - 8 * size);
      advanceDestination(state);
    }

    @Override
    boolean compares() {
      return true;
    }
  }
}
