package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.mmu.arch.ControlBits;
import java.util.function.BiConsumer;

/** RDFSBASE and its family, and RDPID. Intel SDM vol. 2B. */
final class BaseInstructions {
  private BaseInstructions() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.RDFSBASE, instruction -> read(instruction, CpuState.FS));
    into.accept(Mnemonic.RDGSBASE, instruction -> read(instruction, CpuState.GS));
    into.accept(Mnemonic.WRFSBASE, instruction -> write(instruction, CpuState.FS));
    into.accept(Mnemonic.WRGSBASE, instruction -> write(instruction, CpuState.GS));
    into.accept(
        Mnemonic.RDPID,
        instruction -> {
          Place destination = Place.of(instruction, 0);
          return new SimpleOperation(
              cpu -> destination.write(cpu, cpu.state().tscAux & 0xffff_ffffL));
        });
  }

  private static Operation read(Instruction instruction, int register) {
    Place destination = Place.of(instruction, 0);
    return new SimpleOperation(
        cpu -> {
          requireAllowed(cpu);
          destination.write(cpu, cpu.state().segments[register].base());
        });
  }

  private static Operation write(Instruction instruction, int register) {
    Place source = Place.of(instruction, 0);
    return new SimpleOperation(
        cpu -> {
          requireAllowed(cpu);
          long base = source.read(cpu);
          Privileges.requireCanonical(cpu, base);
          cpu.state().segments[register].setBase(base);
        });
  }

  private static void requireAllowed(X86Cpu cpu) {
    if (!cpu.state().is64Bit()) {
      throw cpu.raise(GuestException.UD);
    }
    Privileges.requireCr4(cpu, ControlBits.CR4_FSGSBASE);
  }
}
