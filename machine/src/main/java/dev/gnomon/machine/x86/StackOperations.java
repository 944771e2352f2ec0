package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/** PUSH and POP of registers, memory and constants; PUSHA, POPA, ENTER, LEAVE. */
final class StackOperations {
  private StackOperations() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.PUSH, StackOperations::push);
    into.accept(Mnemonic.POP, StackOperations::pop);
    into.accept(Mnemonic.PUSHA, PushAll::new);
    into.accept(Mnemonic.POPA, PopAll::new);
    into.accept(Mnemonic.ENTER, Enter::new);
    into.accept(Mnemonic.LEAVE, Leave::new);
  }

  private static Operation push(Instruction i) {
    Operand from = i.operand(0);
    return from instanceof Operand.Register r
        ? new PushRegister(r.number(), r.size())
        : new PushPlace(Place.of(i, 0), i.operandSize());
  }

  private static Operation pop(Instruction i) {
    Operand to = i.operand(0);
    return to instanceof Operand.Register r
        ? new PopRegister(r.number(), r.size())
        : new PopMemory(Place.of(i, 0), i.operandSize());
  }

  private static final class PushRegister extends Operation {
    private final int number;
    private final int size;

    PushRegister(int number, int size) {
      this.number = number;
      this.size = size;
    }

    @Override
    void execute(X86Cpu cpu) {
      Stack.push(cpu, size, cpu.state().gpr[number]);
    }
  }

  private static final class PushPlace extends Operation {
    private final Place from;
    private final int size;

    PushPlace(Place from, int size) {
      this.from = from;
      this.size = size;
    }

    @Override
    void execute(X86Cpu cpu) {
      Stack.push(cpu, size, from.read(cpu));
    }
  }

  private static final class PopRegister extends Operation {
    private final int number;
    private final int size;

    PopRegister(int number, int size) {
      this.number = number;
      this.size = size;
    }

    @Override
    void execute(X86Cpu cpu) {
      // POP RSP: the value counts, not the increment.
      cpu.state().write(number, size, Stack.pop(cpu, size));
    }
  }

  /** The address is computed with the pointer after the pop. */
  private static final class PopMemory extends Operation {
    private final Place to;
    private final int size;

    PopMemory(Place to, int size) {
      this.to = to;
      this.size = size;
    }

    @Override
    void execute(X86Cpu cpu) {
      long[] gpr = cpu.state().gpr;
      long before = gpr[CpuState.RSP];
      long value = Stack.pop(cpu, size);
      try {
        to.write(cpu, value);
      } catch (GuestException e) {
        gpr[CpuState.RSP] = before;
        throw e;
      }
    }
  }

  private static final class PushAll extends Operation {
    private final int size;

    PushAll(Instruction i) {
      size = i.operandSize();
    }

    @Override
    void execute(X86Cpu cpu) {
      long[] gpr = cpu.state().gpr;
      long mask = Stack.mask(cpu);
      long before = gpr[CpuState.RSP];
      cpu.prepareWrite(CpuState.SS, before - size & mask, size);
      cpu.prepareWrite(CpuState.SS, before - 8L * size & mask, size);
      for (int number = 0; number < 8; number++) {
        cpu.writeMemory(CpuState.SS, before - (number + 1L) * size & mask, size, gpr[number]);
      }
      Stack.setTop(cpu, before - 8L * size);
    }
  }

  private static final class PopAll extends Operation {
    private static final int COUNT = 8;

    private final int size;

    PopAll(Instruction i) {
      size = i.operandSize();
    }

    @Override
    void execute(X86Cpu cpu) {
      // The last first: if its page is there, and the first one's, none of the others faults.
      Stack.peek(cpu, size, (COUNT - 1L) * size);
      Stack.peek(cpu, size, 0);
      for (int number = 0; number < COUNT; number++) {
        if (number != CpuState.RSP) {
          long value = Stack.peek(cpu, size, (COUNT - 1L - number) * size);
          cpu.state().write(number, size, value);
        }
      }
      Stack.drop(cpu, (long) COUNT * size);
    }
  }

  /** Intel SDM vol. 2, ENTER. */
  private static final class Enter extends Operation {
    private final int size;
    private final int bytes;
    private final int level;

    Enter(Instruction i) {
      size = i.operandSize();
      bytes = (int) ((Operand.Immediate) i.operand(0)).value();
      level = (int) ((Operand.Immediate) i.operand(1)).value() & 31;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long mask = Stack.mask(cpu);
      long before = s.gpr[CpuState.RSP];
      long frame = s.gpr[CpuState.RBP];
      try {
        Stack.push(cpu, size, frame);
        long newFrame = s.gpr[CpuState.RSP];
        for (int i = 1; i < level; i++) {
          long at = frame - (long) i * size & mask;
          Stack.push(cpu, size, cpu.readMemory(CpuState.SS, at, size));
        }
        if (level > 0) {
          Stack.push(cpu, size, newFrame);
        }
        long top = s.gpr[CpuState.RSP] - bytes & mask;
        cpu.prepareWrite(CpuState.SS, top, size);
        Stack.setTop(cpu, top);
        s.write(CpuState.RBP, size, newFrame);
      } catch (GuestException e) {
        s.gpr[CpuState.RSP] = before;
        throw e;
      }
    }
  }

  private static final class Leave extends Operation {
    private final int size;

    Leave(Instruction i) {
      size = i.operandSize();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long frame = s.gpr[CpuState.RBP];
      long value = cpu.readMemory(CpuState.SS, frame & Stack.mask(cpu), size);
      Stack.setTop(cpu, frame + size);
      s.write(CpuState.RBP, size, value);
    }
  }
}
