package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/** INC, DEC, NEG, NOT. */
final class UnaryOperations {
  private static final int INC = 0;
  private static final int DEC = 1;
  private static final int NEG = 2;
  private static final int NOT = 3;

  private UnaryOperations() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.INC, i -> make(i, INC));
    into.accept(Mnemonic.DEC, i -> make(i, DEC));
    into.accept(Mnemonic.NEG, i -> make(i, NEG));
    into.accept(Mnemonic.NOT, i -> make(i, NOT));
  }

  private static Operation make(Instruction i, int function) {
    Operand operand = i.operand(0);
    if (operand instanceof Operand.Memory m) {
      return new OfMemory(i, m, function);
    }
    if (BinaryOperations.isGeneral(operand)) {
      return new OfRegister(
          ((Operand.Register) operand).number(), Width.of(operand.size()), function);
    }
    return new OfPlace(Place.of(i, 0), function);
  }

  private static long compute(int function, long a) {
    return switch (function) {
      case INC -> a + 1;
      case DEC -> a - 1;
      case NEG -> -a;
      default -> ~a;
    };
  }

  private static void setFlags(int function, CpuState s, long a, long result, int shift) {
    switch (function) {
      case INC -> Arithmetic.setIncrement(s, a, result, shift);
      case DEC -> Arithmetic.setDecrement(s, a, result, shift);
      case NEG -> Flags.setSubtract(s, 0, a, result, shift);
      default -> {}
    }
  }

  private static final class OfRegister extends Operation {
    private final int number;
    private final int function;
    private final int shift;
    private final long mask;
    private final long kept;

    OfRegister(int number, Width width, int function) {
      this.number = number;
      this.function = function;
      shift = width.shift();
      mask = width.mask();
      kept = width.kept();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long a = s.gpr[number];
      long result = compute(function, a);
      s.gpr[number] = a & kept | result & mask;
      setFlags(function, s, a, result, shift);
    }
  }

  private static final class OfMemory extends Operation {
    private final Address address;
    private final int function;
    private final Width width;
    private final boolean isLocked;

    OfMemory(Instruction i, Operand.Memory memory, int function) {
      address = new Address(i, memory);
      this.function = function;
      width = Width.of(memory.size());
      isLocked = i.isLocked();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      int size = width.bytes();
      long linear = cpu.linear(address.segment, address.offset(s), size, true);
      while (true) {
        long a = cpu.readLinearForUpdate(linear, size);
        long result = compute(function, a);
        if (!isLocked) {
          cpu.writeLinear(linear, size, result);
        } else if (cpu.compareAndExchange(linear, size, a, result & width.mask()) != a) {
          continue;
        }
        setFlags(function, s, a, result, width.shift());
        return;
      }
    }
  }

  /** Of AH, CH, DH, BH. */
  private static final class OfPlace extends Operation {
    private final Place place;
    private final int function;

    OfPlace(Place place, int function) {
      this.place = place;
      this.function = function;
    }

    @Override
    void execute(X86Cpu cpu) {
      long a = place.read(cpu);
      long result = compute(function, a);
      place.write(cpu, result);
      setFlags(function, cpu.state(), a, result, Width.of(place.size).shift());
    }
  }
}
