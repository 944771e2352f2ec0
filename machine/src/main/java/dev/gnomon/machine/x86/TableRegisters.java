package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;
import java.util.function.Function;

/** LGDT, LIDT, LLDT, LTR, and the instructions that store them. Intel SDM vol. 2. */
final class TableRegisters {
  private TableRegisters() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.LGDT, instruction -> loadTable(instruction, state -> state.gdtr));
    into.accept(Mnemonic.LIDT, instruction -> loadTable(instruction, state -> state.idtr));
    into.accept(Mnemonic.SGDT, instruction -> storeTable(instruction, state -> state.gdtr));
    into.accept(Mnemonic.SIDT, instruction -> storeTable(instruction, state -> state.idtr));
    into.accept(Mnemonic.SLDT, instruction -> storeSelector(instruction, state -> state.ldtr));
    into.accept(Mnemonic.STR, instruction -> storeSelector(instruction, state -> state.tr));
    into.accept(
        Mnemonic.LLDT,
        instruction -> {
          Place source = Place.of(instruction, 0);
          return new SimpleOperation(
              cpu -> {
                Privileges.requireProtected(cpu);
                Privileges.requireKernel(cpu);
                loadLocalTable(cpu, (int) source.read(cpu) & 0xffff);
              });
        });
    into.accept(
        Mnemonic.LTR,
        instruction -> {
          Place source = Place.of(instruction, 0);
          return new SimpleOperation(
              cpu -> {
                Privileges.requireProtected(cpu);
                Privileges.requireKernel(cpu);
                loadTask(cpu, (int) source.read(cpu) & 0xffff);
              });
        });
  }

  private static Operation loadTable(
      Instruction instruction, Function<CpuState, DescriptorTable> table) {
    if (!(instruction.operand(0) instanceof Operand.Memory memory)) {
      return new Operations.Undefined();
    }
    Address address = new Address(instruction, memory);
    int baseSize = instruction.is64Bit() ? 8 : 4;
    // A 16-bit LGDT loads 24 bits of the base.
    long mask = instruction.is64Bit() || instruction.operandSize() != 2 ? -1 : 0xff_ffff;
    return new SimpleOperation(
        cpu -> {
          Privileges.requireKernel(cpu);
          long at = address.offset(cpu.state());
          int limit = (int) cpu.readMemory(address.segment, at, 2);
          long base =
              cpu.readMemory(address.segment, address.offset(cpu.state(), 2), baseSize) & mask;
          if (baseSize == 8) {
            Privileges.requireCanonical(cpu, base);
          }
          table.apply(cpu.state()).load(base, limit);
        });
  }

  private static Operation storeTable(
      Instruction instruction, Function<CpuState, DescriptorTable> table) {
    if (!(instruction.operand(0) instanceof Operand.Memory memory)) {
      return new Operations.Undefined();
    }
    Address address = new Address(instruction, memory);
    int baseSize = instruction.is64Bit() ? 8 : 4;
    return new SimpleOperation(
        cpu -> {
          Privileges.requireNoUmip(cpu);
          DescriptorTable from = table.apply(cpu.state());
          long at = address.offset(cpu.state());
          long second = address.offset(cpu.state(), 2);
          cpu.prepareWrite(address.segment, second, baseSize);
          cpu.writeMemory(address.segment, at, 2, from.limit);
          cpu.writeMemory(address.segment, second, baseSize, from.base);
        });
  }

  private static Operation storeSelector(
      Instruction instruction, Function<CpuState, Segment> register) {
    Place destination = Place.of(instruction, 0);
    return new SimpleOperation(
        cpu -> {
          Privileges.requireProtected(cpu);
          Privileges.requireNoUmip(cpu);
          destination.write(cpu, register.apply(cpu.state()).selector());
        });
  }

  private static void loadLocalTable(X86Cpu cpu, int selector) {
    CpuState state = cpu.state();
    if (DescriptorTables.isNull(selector)) {
      state.ldtr.loadNull(selector);
      return;
    }
    loadSystem(cpu, state.ldtr, selector, Descriptor.LDT, Descriptor.LDT);
  }

  private static void loadTask(X86Cpu cpu, int selector) {
    if (DescriptorTables.isNull(selector)) {
      throw cpu.raise(GuestException.GP, 0);
    }
    int other = cpu.state().isLongMode() ? Descriptor.TSS : Descriptor.TSS_16;
    loadSystem(cpu, cpu.state().tr, selector, Descriptor.TSS, other);
  }

  /** Loads LDTR or TR from a descriptor of either type; a TSS becomes busy. */
  private static void loadSystem(
      X86Cpu cpu, Segment register, int selector, int type, int otherType) {
    int error = DescriptorTables.errorCode(selector, 0);
    if ((selector & DescriptorTables.IN_LDT) != 0) {
      throw cpu.raise(GuestException.GP, error);
    }
    long descriptor = DescriptorTables.read(cpu, selector, GuestException.GP, 0);
    int attributes = Descriptor.attributes(descriptor);
    int found = Descriptor.type(attributes);
    if (Descriptor.isSegment(attributes) || found != type && found != otherType) {
      throw cpu.raise(GuestException.GP, error);
    }
    long base = Descriptor.base(descriptor);
    if (cpu.state().isLongMode()) {
      base |= DescriptorTables.readUpper(cpu, selector, GuestException.GP, 0);
      Privileges.requireCanonical(cpu, base);
    }
    if (!Descriptor.isPresent(attributes)) {
      throw cpu.raise(GuestException.NP, error);
    }
    if (type == Descriptor.TSS) {
      DescriptorTables.markBusy(cpu, selector);
      attributes |= Descriptor.TSS_BUSY ^ Descriptor.TSS;
    }
    register.load(selector, base, Descriptor.limit(descriptor), attributes);
  }
}
