package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Operand;
import dev.gnomon.machine.x86.decode.RegisterFile;

/**
 * An operand, wherever it is, for operations that need not be fast: a register, memory or a
 * constant of 1 to 8 bytes. Those that are executed often have a class for each shape instead.
 */
abstract class Place {
  final int size;

  Place(int size) {
    this.size = size;
  }

  /** The place of an instruction's n-th operand. */
  static Place of(Instruction instruction, int n) {
    Operand operand = instruction.operand(n);
    return switch (operand) {
      case Operand.Register r when r.file() == RegisterFile.HIGH_BYTE -> new High(r.number());
      case Operand.Register r when r.file() == RegisterFile.GENERAL ->
          new General(r.number(), r.size());
      case Operand.Memory m -> new InMemory(new Address(instruction, m), m.size());
      case Operand.Immediate i -> new Constant(i.value(), i.size());
      default -> throw new IllegalArgumentException(instruction.toString());
    };
  }

  /** Reads it, zero-extended. */
  abstract long read(X86Cpu cpu);

  /** Reads it with the checks of a write. */
  long readForUpdate(X86Cpu cpu) {
    return read(cpu);
  }

  /** Writes it; 4 bytes to a register clear its upper half. */
  abstract void write(X86Cpu cpu, long value);

  /** Whether it is memory. */
  boolean isMemory() {
    return false;
  }

  private static final class General extends Place {
    private final int number;

    General(int number, int size) {
      super(size);
      this.number = number;
    }

    @Override
    long read(X86Cpu cpu) {
      return cpu.state().read(number, size);
    }

    @Override
    void write(X86Cpu cpu, long value) {
      cpu.state().write(number, size, value);
    }
  }

  private static final class High extends Place {
    private final int number;

    High(int number) {
      super(1);
      this.number = number;
    }

    @Override
    long read(X86Cpu cpu) {
      return cpu.state().gpr[number] >>> 8 & 0xff;
    }

    @Override
    void write(X86Cpu cpu, long value) {
      long[] gpr = cpu.state().gpr;
      gpr[number] = gpr[number] & ~0xff00L | (value & 0xff) << 8;
    }
  }

  /** Memory; for locked updates its address is wanted. */
  static final class InMemory extends Place {
    private final Address address;

    InMemory(Address address, int size) {
      super(size);
      this.address = address;
    }

    /** The linear address, checked for a write. */
    long linearForUpdate(X86Cpu cpu) {
      return cpu.linear(address.segment, address.offset(cpu.state()), size, true);
    }

    @Override
    long read(X86Cpu cpu) {
      return cpu.readMemory(address.segment, address.offset(cpu.state()), size);
    }

    @Override
    long readForUpdate(X86Cpu cpu) {
      return cpu.readForUpdate(address.segment, address.offset(cpu.state()), size);
    }

    @Override
    void write(X86Cpu cpu, long value) {
      cpu.writeMemory(address.segment, address.offset(cpu.state()), size, value);
    }

    @Override
    boolean isMemory() {
      return true;
    }
  }

  private static final class Constant extends Place {
    private final long value;

    Constant(long value, int size) {
      super(size);
      this.value = size == 8 ? value : value & (1L << 8 * size) - 1;
    }

    @Override
    long read(X86Cpu cpu) {
      return value;
    }

    @Override
    void write(X86Cpu cpu, long newValue) {
      throw new IllegalStateException("a constant is no destination");
    }
  }
}
