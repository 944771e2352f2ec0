package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import dev.gnomon.mmu.arch.ControlBits;
import java.util.function.BiConsumer;

/**
 * Instructions about caches: INVLPG and INVPCID of translations; those of data, of which this
 * processor has none, check their operand. Intel SDM vol. 2; vol. 3A, 4.10.4.1.
 */
final class TranslationInstructions {
  private static final int PCID_BITS = 12;

  private TranslationInstructions() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.INVLPG, TranslationInstructions::invalidatePage);
    into.accept(Mnemonic.INVPCID, TranslationInstructions::invalidatePcid);
    into.accept(Mnemonic.WBINVD, SimpleOperation.privileged(Exits::always));
    into.accept(Mnemonic.INVD, SimpleOperation.privileged(Exits::always));
    into.accept(Mnemonic.CLFLUSH, TranslationInstructions::flushLine);
    into.accept(Mnemonic.CLFLUSHOPT, TranslationInstructions::flushLine);
    into.accept(Mnemonic.CLWB, TranslationInstructions::flushLine);
    for (Mnemonic fence :
        new Mnemonic[] {Mnemonic.MFENCE, Mnemonic.LFENCE, Mnemonic.SFENCE, Mnemonic.SERIALIZE}) {
      into.accept(fence, SimpleOperation.of(cpu -> cpu.vcpu().fence()));
    }
  }

  private static Operation invalidatePage(Instruction instruction) {
    if (!(instruction.operand(0) instanceof Operand.Memory memory)) {
      return new Operations.Undefined();
    }
    Address address = new Address(instruction, memory);
    return new SimpleOperation(
        cpu -> {
          Privileges.requireKernel(cpu);
          CpuState state = cpu.state();
          long offset = address.offset(state);
          long linear =
              state.is64Bit() && address.segment < CpuState.FS
                  ? offset
                  : state.segments[address.segment].base() + offset;
          if (!state.is64Bit()) {
            linear &= 0xffff_ffffL;
          } else if (!cpu.isCanonical(linear)) {
            return;
          }
          cpu.vcpu().invlpg(linear);
        });
  }

  private static Operation invalidatePcid(Instruction instruction) {
    if (!(instruction.operand(1) instanceof Operand.Memory memory)) {
      return new Operations.Undefined();
    }
    Address address = new Address(instruction, memory);
    Place type = Place.of(instruction, 0);
    return new SimpleOperation(
        cpu -> {
          Privileges.requireKernel(cpu);
          long kind = type.read(cpu);
          long at = address.offset(cpu.state());
          long pcid = cpu.readMemory(address.segment, at, 8);
          long linear = cpu.readMemory(address.segment, address.offset(cpu.state(), 8), 8);
          boolean hasPcids = (cpu.state().cr4 & ControlBits.CR4_PCIDE) != 0;
          if (Long.compareUnsigned(kind, 3) > 0
              || pcid >>> PCID_BITS != 0
              || kind < 2 && pcid != 0 && !hasPcids
              || kind == 0 && !cpu.isCanonical(linear)) {
            throw cpu.raise(GuestException.GP, 0);
          }
          switch ((int) kind) {
            case 0 -> cpu.vcpu().control().invpcidAddress(pcid, linear);
            case 1 -> cpu.vcpu().control().invpcidContext(pcid);
            case 2 -> cpu.vcpu().control().invpcidAll();
            default -> cpu.vcpu().control().invpcidAllButGlobal();
          }
        });
  }

  private static Operation flushLine(Instruction instruction) {
    if (!(instruction.operand(0) instanceof Operand.Memory memory)) {
      return new Operations.Undefined();
    }
    Address address = new Address(instruction, memory);
    return new SimpleOperation(
        cpu -> cpu.readMemory(address.segment, address.offset(cpu.state()), 1));
  }
}
