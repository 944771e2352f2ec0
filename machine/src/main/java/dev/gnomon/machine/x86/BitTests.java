package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/**
 * BT, BTS, BTR, BTC. CF becomes the bit; all other flags stay, though only ZF is promised to.
 *
 * <p>A bit number in a register counts from the operand's lowest bit as far as its sign allows, if
 * the operand is in memory; else, as a constant, it is cut to the operand's width.
 */
final class BitTests {
  /** What becomes of the bit. */
  @FunctionalInterface
  private interface Change {
    long of(long value, long bit);
  }

  private BitTests() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.BT, instruction -> make(instruction, (value, bit) -> value, false));
    into.accept(Mnemonic.BTS, instruction -> make(instruction, (value, bit) -> value | bit, true));
    into.accept(Mnemonic.BTR, instruction -> make(instruction, (value, bit) -> value & ~bit, true));
    into.accept(Mnemonic.BTC, instruction -> make(instruction, (value, bit) -> value ^ bit, true));
  }

  private static Operation make(Instruction instruction, Change change, boolean isUpdate) {
    return instruction.operand(0) instanceof Operand.Memory memory
        ? new InMemory(instruction, memory, change, isUpdate)
        : new InRegister(instruction, change, isUpdate);
  }

  private static void setCarry(CpuState state, long value, int bit) {
    Flags.setCarry(state, (value >>> bit & 1) != 0);
  }

  private static final class InRegister extends Operation {
    private final Place destination;
    private final Place number;
    private final Change change;
    private final boolean isUpdate;

    InRegister(Instruction instruction, Change change, boolean isUpdate) {
      destination = Place.of(instruction, 0);
      number = Place.of(instruction, 1);
      this.change = change;
      this.isUpdate = isUpdate;
    }

    @Override
    void execute(X86Cpu cpu) {
      int bit = (int) number.read(cpu) & 8 * destination.size - 1;
      long value = destination.read(cpu);
      setCarry(cpu.state(), value, bit);
      if (isUpdate) {
        destination.write(cpu, change.of(value, 1L << bit));
      }
    }
  }

  private static final class InMemory extends Operation {
    private final Address address;
    private final Place number;
    private final int size;
    private final boolean isString;
    private final Change change;
    private final boolean isUpdate;
    private final boolean isLocked;

    InMemory(Instruction instruction, Operand.Memory memory, Change change, boolean isUpdate) {
      address = new Address(instruction, memory);
      number = Place.of(instruction, 1);
      size = memory.size();
      isString = !(instruction.operand(1) instanceof Operand.Immediate);
      this.change = change;
      this.isUpdate = isUpdate;
      isLocked = instruction.isLocked();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState state = cpu.state();
      long far = number.read(cpu) << 64 - 8 * size >> 64 - 8 * size;
      int bit = (int) far & 8 * size - 1;
      long beyond = isString ? (far >> 3) & -size : 0;
      long offset = address.offset(state, beyond);
      long value;
      if (!isUpdate) {
        value = cpu.readMemory(address.segment, offset, size);
      } else if (isLocked) {
        value = updateLocked(cpu, cpu.linear(address.segment, offset, size, true), 1L << bit);
      } else {
        value = cpu.readForUpdate(address.segment, offset, size);
        cpu.writeMemory(address.segment, offset, size, change.of(value, 1L << bit));
      }
      setCarry(state, value, bit);
    }

    private long updateLocked(X86Cpu cpu, long linear, long bit) {
      while (true) {
        long value = cpu.readLinearForUpdate(linear, size);
        long changed = change.of(value, bit);
        if (cpu.compareAndExchange(linear, size, value, changed) == value) {
          return value;
        }
      }
    }
  }
}
