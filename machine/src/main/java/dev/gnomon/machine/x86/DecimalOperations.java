package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/** What 64-bit mode does not have: AAA, AAS, AAM, AAD, DAA, DAS; and BOUND. Intel SDM vol. 2. */
final class DecimalOperations {
  private DecimalOperations() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.AAA, i -> new AfterUnpacked(1));
    into.accept(Mnemonic.AAS, i -> new AfterUnpacked(-1));
    into.accept(Mnemonic.DAA, i -> new AfterPacked(1));
    into.accept(Mnemonic.DAS, i -> new AfterPacked(-1));
    into.accept(Mnemonic.AAM, i -> new Split(base(i)));
    into.accept(Mnemonic.AAD, i -> new Join(base(i)));
    into.accept(Mnemonic.BOUND, Bound::new);
  }

  private static int base(Instruction i) {
    return (int) ((Operand.Immediate) i.operand(0)).value();
  }

  /** AAA (+1), AAS (-1). */
  private static final class AfterUnpacked extends Operation {
    private final int direction;

    AfterUnpacked(int direction) {
      this.direction = direction;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long ax = s.read(CpuState.RAX, 2);
      boolean adjusts = (ax & 0xf) > 9 || Flags.adjust(s);
      if (adjusts) {
        ax += direction * 0x106L;
      }
      s.write(CpuState.RAX, 2, ax & 0xff0f);
      long others = Flags.arithmetic(s) & ~(Flags.CF | Flags.AF);
      Flags.setArithmetic(s, others | (adjusts ? Flags.CF | Flags.AF : 0));
    }
  }

  /** DAA (+1), DAS (-1). */
  private static final class AfterPacked extends Operation {
    private final int direction;

    AfterPacked(int direction) {
      this.direction = direction;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      int before = (int) s.read(CpuState.RAX, 1);
      int al = before;
      boolean hadCarry = Flags.carry(s);
      boolean low = (before & 0xf) > 9 || Flags.adjust(s);
      boolean carry = false;
      if (low) {
        al += direction * 6;
        // Only a subtraction can borrow here without the second step.
        carry = direction < 0 && (hadCarry || al < 0);
      }
      if (before > 0x99 || hadCarry) {
        al += direction * 0x60;
        carry = true;
      }
      s.write(CpuState.RAX, 1, al);
      Flags.setLogic(s, (byte) al);
      Flags.setArithmetic(s, Flags.arithmetic(s) | (carry ? Flags.CF : 0) | (low ? Flags.AF : 0));
    }
  }

  /** AAM. */
  private static final class Split extends Operation {
    private final int base;

    Split(int base) {
      this.base = base;
    }

    @Override
    void execute(X86Cpu cpu) {
      if (base == 0) {
        throw cpu.raise(GuestException.DE);
      }
      CpuState s = cpu.state();
      int al = (int) s.read(CpuState.RAX, 1);
      s.write(CpuState.RAX, 2, (long) (al / base) << 8 | al % base);
      Flags.setLogic(s, (byte) (al % base));
    }
  }

  /** AAD. */
  private static final class Join extends Operation {
    private final int base;

    Join(int base) {
      this.base = base;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      int ax = (int) s.read(CpuState.RAX, 2);
      int al = (ax & 0xff) + (ax >>> 8) * base & 0xff;
      s.write(CpuState.RAX, 2, al);
      Flags.setLogic(s, (byte) al);
    }
  }

  private static final class Bound extends Operation {
    private final Place index;
    private final Address bounds;
    private final Width width;

    Bound(Instruction i) {
      index = Place.of(i, 0);
      bounds = new Address(i, (Operand.Memory) i.operand(1));
      width = Width.of(i.operandSize());
    }

    @Override
    void execute(X86Cpu cpu) {
      long offset = bounds.offset(cpu.state());
      int size = width.bytes();
      long least = width.signed(cpu.readMemory(bounds.segment, offset, size));
      long most = width.signed(cpu.readMemory(bounds.segment, offset + size, size));
      long value = width.signed(index.read(cpu));
      if (value < least || value > most) {
        throw cpu.raise(GuestException.BR);
      }
    }
  }
}
