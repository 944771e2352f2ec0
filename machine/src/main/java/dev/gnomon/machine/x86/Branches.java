package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/**
 * Near branches: JMP, Jcc, CALL, RET, LOOP and its kin, JCXZ.
 *
 * <p>RIP is set before the stack is touched: if that faults the run loop puts RIP back, while a
 * pointer that had moved would have to be put back here.
 */
final class Branches {
  private Branches() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(
        Mnemonic.JMP,
        i -> i.operand(0) instanceof Operand.Target t ? new Jump(t.rip()) : new JumpPlace(i));
    into.accept(Mnemonic.JCC, ConditionalJump::new);
    into.accept(
        Mnemonic.CALL,
        i -> i.operand(0) instanceof Operand.Target t ? new Call(i, t.rip()) : new CallPlace(i));
    into.accept(Mnemonic.RET, Return::new);
    into.accept(Mnemonic.LOOP, i -> new Loop(i, Loop.ALWAYS));
    into.accept(Mnemonic.LOOPE, i -> new Loop(i, Loop.IF_ZERO));
    into.accept(Mnemonic.LOOPNE, i -> new Loop(i, Loop.UNLESS_ZERO));
    into.accept(Mnemonic.JCXZ, JumpIfCounted::new);
  }

  private static long target(Instruction i) {
    return ((Operand.Target) i.operand(0)).rip();
  }

  private static final class Jump extends Operation {
    private final long target;

    Jump(long target) {
      this.target = target;
    }

    @Override
    void execute(X86Cpu cpu) {
      cpu.jump(target);
    }
  }

  private static final class JumpPlace extends Operation {
    private final Place target;

    JumpPlace(Instruction i) {
      target = Place.of(i, 0);
    }

    @Override
    void execute(X86Cpu cpu) {
      cpu.jump(target.read(cpu));
    }
  }

  private static final class ConditionalJump extends Operation {
    private final int condition;
    private final long target;

    ConditionalJump(Instruction i) {
      condition = i.opcode() & 0xf;
      target = target(i);
    }

    @Override
    void execute(X86Cpu cpu) {
      if (Flags.test(cpu.state(), condition)) {
        cpu.jump(target);
      }
    }
  }

  private static final class Call extends Operation {
    private final long target;
    private final int size;

    Call(Instruction i, long target) {
      this.target = target;
      size = i.operandSize();
    }

    @Override
    void execute(X86Cpu cpu) {
      long back = cpu.state().rip;
      cpu.jump(target);
      Stack.push(cpu, size, back);
    }
  }

  private static final class CallPlace extends Operation {
    private final Place target;
    private final int size;

    CallPlace(Instruction i) {
      target = Place.of(i, 0);
      size = i.operandSize();
    }

    @Override
    void execute(X86Cpu cpu) {
      long back = cpu.state().rip;
      cpu.jump(target.read(cpu));
      Stack.push(cpu, size, back);
    }
  }

  private static final class Return extends Operation {
    private final int size;
    private final long dropped;

    Return(Instruction i) {
      size = i.operandSize();
      long bytes = i.operands().isEmpty() ? 0 : ((Operand.Immediate) i.operand(0)).value();
      dropped = size + bytes;
    }

    @Override
    void execute(X86Cpu cpu) {
      cpu.jump(Stack.peek(cpu, size, 0));
      Stack.drop(cpu, dropped);
    }
  }

  /** Counts in rCX of the address size. */
  private static final class Loop extends Operation {
    static final int ALWAYS = 0;
    static final int IF_ZERO = 1;
    static final int UNLESS_ZERO = 2;

    private final int size;
    private final int kind;
    private final long target;

    Loop(Instruction i, int kind) {
      size = i.addressSize();
      this.kind = kind;
      target = target(i);
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long count = s.read(CpuState.RCX, size) - 1 & Width.of(size).mask();
      if (count != 0 && (kind == ALWAYS || Flags.zero(s) == (kind == IF_ZERO))) {
        cpu.jump(target);
      }
      s.write(CpuState.RCX, size, count);
    }
  }

  private static final class JumpIfCounted extends Operation {
    private final int size;
    private final long target;

    JumpIfCounted(Instruction i) {
      size = i.addressSize();
      target = target(i);
    }

    @Override
    void execute(X86Cpu cpu) {
      if (cpu.state().read(CpuState.RCX, size) == 0) {
        cpu.jump(target);
      }
    }
  }
}
