package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import dev.gnomon.machine.x86.decode.RegisterFile;
import java.util.function.BiConsumer;

/** MOV, PUSH and POP of segment registers; LDS and its family. Intel SDM vol. 2. */
final class SegmentMoves {
  private SegmentMoves() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.MOV_SEG, SegmentMoves::move);
    into.accept(Mnemonic.PUSH_SEG, SegmentMoves::push);
    into.accept(Mnemonic.POP_SEG, SegmentMoves::pop);
    into.accept(Mnemonic.LES, instruction -> loadPointer(instruction, CpuState.ES));
    into.accept(Mnemonic.LDS, instruction -> loadPointer(instruction, CpuState.DS));
    into.accept(Mnemonic.LSS, instruction -> loadPointer(instruction, CpuState.SS));
    into.accept(Mnemonic.LFS, instruction -> loadPointer(instruction, CpuState.FS));
    into.accept(Mnemonic.LGS, instruction -> loadPointer(instruction, CpuState.GS));
  }

  private static Operation move(Instruction instruction) {
    if (instruction.operand(0) instanceof Operand.Register r && r.file() == RegisterFile.SEGMENT) {
      int register = r.number();
      if (register == CpuState.CS || register > CpuState.GS) {
        return new Operations.Undefined();
      }
      Place source = Place.of(instruction, 1);
      return new SimpleOperation(
          cpu -> {
            SegmentLoads.load(cpu, register, (int) source.read(cpu) & 0xffff);
            inhibitAfterStack(cpu, register);
          });
    }
    int register = ((Operand.Register) instruction.operand(1)).number();
    if (register > CpuState.GS) {
      return new Operations.Undefined();
    }
    Place destination = Place.of(instruction, 0);
    return new SimpleOperation(
        cpu -> destination.write(cpu, cpu.state().segments[register].selector()));
  }

  private static Operation push(Instruction instruction) {
    int register = ((Operand.Register) instruction.operand(0)).number();
    int size = instruction.operandSize();
    return new SimpleOperation(
        cpu -> {
          StackFrame frame = new StackFrame(cpu);
          frame.current(cpu.codeSize() == 8, 0);
          frame.push(cpu.state().segments[register].selector(), size);
          frame.commit();
        });
  }

  private static Operation pop(Instruction instruction) {
    int register = ((Operand.Register) instruction.operand(0)).number();
    int size = instruction.operandSize();
    return new SimpleOperation(
        cpu -> {
          StackReader stack = new StackReader(cpu);
          int selector = (int) stack.pop(size) & 0xffff;
          SegmentLoads.load(cpu, register, selector);
          stack.commit();
          inhibitAfterStack(cpu, register);
        });
  }

  private static Operation loadPointer(Instruction instruction, int register) {
    Operand.Register destination = (Operand.Register) instruction.operand(0);
    if (!(instruction.operand(1) instanceof Operand.Memory memory)) {
      return new Operations.Undefined();
    }
    Address address = new Address(instruction, memory);
    int size = instruction.operandSize();
    return new SimpleOperation(
        cpu -> {
          long at = address.offset(cpu.state());
          long offset = cpu.readMemory(address.segment, at, size);
          int selector =
              (int) cpu.readMemory(address.segment, address.offset(cpu.state(), size), 2);
          SegmentLoads.load(cpu, register, selector);
          cpu.state().write(destination.number(), size, offset);
        });
  }

  /** After MOV and POP to SS the stack pointer may follow before an interrupt does. */
  private static void inhibitAfterStack(X86Cpu cpu, int register) {
    if (register == CpuState.SS) {
      cpu.inhibitInterrupts();
      cpu.inhibitTrap();
    }
  }
}
