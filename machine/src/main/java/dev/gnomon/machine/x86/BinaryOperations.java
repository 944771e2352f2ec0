package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import dev.gnomon.machine.x86.decode.RegisterFile;
import java.util.function.BiConsumer;

/** ADD, OR, ADC, SBB, AND, SUB, XOR; CMP and TEST, which write only flags. */
final class BinaryOperations {
  private BinaryOperations() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.ADD, i -> make(i, Arithmetic.ADD));
    into.accept(Mnemonic.OR, i -> make(i, Arithmetic.OR));
    into.accept(Mnemonic.ADC, i -> make(i, Arithmetic.ADC));
    into.accept(Mnemonic.SBB, i -> make(i, Arithmetic.SBB));
    into.accept(Mnemonic.AND, i -> make(i, Arithmetic.AND));
    into.accept(Mnemonic.SUB, i -> make(i, Arithmetic.SUB));
    into.accept(Mnemonic.XOR, i -> make(i, Arithmetic.XOR));
    into.accept(Mnemonic.CMP, i -> makeTest(i, Arithmetic.SUB));
    into.accept(Mnemonic.TEST, i -> makeTest(i, Arithmetic.AND));
  }

  private static Operation make(Instruction i, int function) {
    Operand to = i.operand(0);
    Operand from = i.operand(1);
    if (to instanceof Operand.Memory m) {
      Place source = Place.of(i, 1);
      return i.isLocked()
          ? new Locked(i, m, source, function)
          : new ToMemory(i, m, source, function);
    }
    if (isGeneral(to)) {
      int number = ((Operand.Register) to).number();
      if (isGeneral(from)) {
        int source = ((Operand.Register) from).number();
        return new RegisterRegister(number, source, Width.of(to.size()), function);
      }
      if (from instanceof Operand.Immediate constant) {
        return new RegisterConstant(number, constant.value(), Width.of(to.size()), function);
      }
      if (from instanceof Operand.Memory m) {
        return new RegisterMemory(i, number, m, function);
      }
    }
    return new Places(Place.of(i, 0), Place.of(i, 1), function);
  }

  private static Operation makeTest(Instruction i, int function) {
    Operand left = i.operand(0);
    Operand right = i.operand(1);
    if (isGeneral(left) && isGeneral(right)) {
      return new TestRegisters(
          ((Operand.Register) left).number(),
          ((Operand.Register) right).number(),
          Width.of(left.size()),
          function);
    }
    if (isGeneral(left) && right instanceof Operand.Immediate constant) {
      return new TestConstant(
          ((Operand.Register) left).number(), constant.value(), Width.of(left.size()), function);
    }
    return new TestPlaces(Place.of(i, 0), Place.of(i, 1), function);
  }

  /** Whether an operand is the low part of a general register. */
  static boolean isGeneral(Operand operand) {
    return operand instanceof Operand.Register r && r.file() == RegisterFile.GENERAL;
  }

  private static final class RegisterRegister extends Operation {
    private final int to;
    private final int from;
    private final int function;
    private final int shift;
    private final long mask;
    private final long kept;

    RegisterRegister(int to, int from, Width width, int function) {
      this.to = to;
      this.from = from;
      this.function = function;
      shift = width.shift();
      mask = width.mask();
      kept = width.kept();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long[] gpr = s.gpr;
      long a = gpr[to];
      long b = gpr[from];
      long result = Arithmetic.compute(function, s, a, b);
      gpr[to] = a & kept | result & mask;
      Arithmetic.setFlags(function, s, a, b, result, shift);
    }
  }

  private static final class RegisterConstant extends Operation {
    private final int to;
    private final long constant;
    private final int function;
    private final int shift;
    private final long mask;
    private final long kept;

    RegisterConstant(int to, long constant, Width width, int function) {
      this.to = to;
      this.constant = constant;
      this.function = function;
      shift = width.shift();
      mask = width.mask();
      kept = width.kept();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long[] gpr = s.gpr;
      long a = gpr[to];
      long result = Arithmetic.compute(function, s, a, constant);
      gpr[to] = a & kept | result & mask;
      Arithmetic.setFlags(function, s, a, constant, result, shift);
    }
  }

  private static final class RegisterMemory extends Operation {
    private final int to;
    private final Address from;
    private final int size;
    private final int function;
    private final int shift;
    private final long mask;
    private final long kept;

    RegisterMemory(Instruction i, int to, Operand.Memory from, int function) {
      this.to = to;
      this.from = new Address(i, from);
      this.function = function;
      Width width = Width.of(from.size());
      size = width.bytes();
      shift = width.shift();
      mask = width.mask();
      kept = width.kept();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long[] gpr = s.gpr;
      long b = cpu.readMemory(from.segment, from.offset(s), size);
      long a = gpr[to];
      long result = Arithmetic.compute(function, s, a, b);
      gpr[to] = a & kept | result & mask;
      Arithmetic.setFlags(function, s, a, b, result, shift);
    }
  }

  private static final class ToMemory extends Operation {
    private final Address to;
    private final Place from;
    private final int size;
    private final int function;
    private final int shift;

    ToMemory(Instruction i, Operand.Memory to, Place from, int function) {
      this.to = new Address(i, to);
      this.from = from;
      this.function = function;
      size = to.size();
      shift = Width.of(size).shift();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long linear = cpu.linear(to.segment, to.offset(s), size, true);
      long a = cpu.readLinearForUpdate(linear, size);
      long b = from.read(cpu);
      long result = Arithmetic.compute(function, s, a, b);
      cpu.writeLinear(linear, size, result);
      Arithmetic.setFlags(function, s, a, b, result, shift);
    }
  }

  private static final class Locked extends Operation {
    private final Address to;
    private final Place from;
    private final int function;
    private final Width width;

    Locked(Instruction i, Operand.Memory to, Place from, int function) {
      this.to = new Address(i, to);
      this.from = from;
      this.function = function;
      width = Width.of(to.size());
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      int size = width.bytes();
      long linear = cpu.linear(to.segment, to.offset(s), size, true);
      long b = from.read(cpu);
      while (true) {
        long a = cpu.readLinearForUpdate(linear, size);
        long result = Arithmetic.compute(function, s, a, b);
        if (cpu.compareAndExchange(linear, size, a, result & width.mask()) == a) {
          Arithmetic.setFlags(function, s, a, b, result, width.shift());
          return;
        }
      }
    }
  }

  /** With AH, CH, DH or BH. */
  private static final class Places extends Operation {
    private final Place to;
    private final Place from;
    private final int function;

    Places(Place to, Place from, int function) {
      this.to = to;
      this.from = from;
      this.function = function;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long b = from.read(cpu);
      long a = to.read(cpu);
      long result = Arithmetic.compute(function, s, a, b);
      to.write(cpu, result);
      Arithmetic.setFlags(function, s, a, b, result, Width.of(to.size).shift());
    }
  }

  private static final class TestRegisters extends Operation {
    private final int left;
    private final int right;
    private final int function;
    private final int shift;

    TestRegisters(int left, int right, Width width, int function) {
      this.left = left;
      this.right = right;
      this.function = function;
      shift = width.shift();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long a = s.gpr[left];
      long b = s.gpr[right];
      Arithmetic.setFlags(function, s, a, b, Arithmetic.compute(function, s, a, b), shift);
    }
  }

  private static final class TestConstant extends Operation {
    private final int left;
    private final long right;
    private final int function;
    private final int shift;

    TestConstant(int left, long right, Width width, int function) {
      this.left = left;
      this.right = right;
      this.function = function;
      shift = width.shift();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long a = s.gpr[left];
      Arithmetic.setFlags(function, s, a, right, Arithmetic.compute(function, s, a, right), shift);
    }
  }

  private static final class TestPlaces extends Operation {
    private final Place left;
    private final Place right;
    private final int function;
    private final int shift;

    TestPlaces(Place left, Place right, int function) {
      this.left = left;
      this.right = right;
      this.function = function;
      shift = Width.of(left.size).shift();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long a = left.read(cpu);
      long b = right.read(cpu);
      Arithmetic.setFlags(function, s, a, b, Arithmetic.compute(function, s, a, b), shift);
    }
  }
}
