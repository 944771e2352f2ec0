package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.function.BiConsumer;

/** LAR, LSL, VERR, VERW, ARPL: what a selector would be good for. Intel SDM vol. 2. */
final class DescriptorQueries {
  private static final long ACCESS_RIGHTS = 0x00ff_ff00L;
  private static final long NONE = -1;

  private DescriptorQueries() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.LAR, instruction -> query(instruction, true));
    into.accept(Mnemonic.LSL, instruction -> query(instruction, false));
    into.accept(Mnemonic.VERR, instruction -> verify(instruction, false));
    into.accept(Mnemonic.VERW, instruction -> verify(instruction, true));
    into.accept(Mnemonic.ARPL, DescriptorQueries::adjustRpl);
  }

  private static Operation query(Instruction instruction, boolean wantsRights) {
    Place destination = Place.of(instruction, 0);
    Place source = Place.of(instruction, 1);
    return new SimpleOperation(
        cpu -> {
          Privileges.requireProtected(cpu);
          int selector = (int) source.read(cpu) & 0xffff;
          long value = wantsRights ? accessRights(cpu, selector) : limit(cpu, selector);
          if (value != NONE) {
            destination.write(cpu, value);
          }
          Flags.setZero(cpu.state(), value != NONE);
        });
  }

  private static long accessRights(X86Cpu cpu, int selector) {
    CpuState state = cpu.state();
    long descriptor = visible(cpu, selector);
    int type = Descriptor.type(Descriptor.attributes(descriptor));
    boolean isLong = state.isLongMode();
    boolean isKnown =
        Descriptor.isSegment(Descriptor.attributes(descriptor))
            || switch (type) {
              case Descriptor.LDT, Descriptor.TSS, Descriptor.TSS_BUSY, Descriptor.CALL_GATE ->
                  true;
              case Descriptor.TSS_16,
                  Descriptor.TSS_16_BUSY,
                  Descriptor.CALL_GATE_16,
                  Descriptor.TASK_GATE ->
                  !isLong;
              default -> false;
            };
    return descriptor == 0 || !isKnown ? NONE : descriptor >>> 32 & ACCESS_RIGHTS;
  }

  private static long limit(X86Cpu cpu, int selector) {
    CpuState state = cpu.state();
    long descriptor = visible(cpu, selector);
    int type = Descriptor.type(Descriptor.attributes(descriptor));
    boolean isKnown =
        Descriptor.isSegment(Descriptor.attributes(descriptor))
            || switch (type) {
              case Descriptor.LDT, Descriptor.TSS, Descriptor.TSS_BUSY -> true;
              case Descriptor.TSS_16, Descriptor.TSS_16_BUSY -> !state.isLongMode();
              default -> false;
            };
    return descriptor == 0 || !isKnown
        ? NONE
        : Integer.toUnsignedLong(Descriptor.limit(descriptor));
  }

  private static Operation verify(Instruction instruction, boolean forWriting) {
    Place source = Place.of(instruction, 0);
    return new SimpleOperation(
        cpu -> {
          Privileges.requireProtected(cpu);
          long descriptor = visible(cpu, (int) source.read(cpu) & 0xffff);
          int attributes = Descriptor.attributes(descriptor);
          boolean isGood =
              forWriting
                  ? Descriptor.isWritableData(attributes)
                  : Descriptor.isReadable(attributes);
          Flags.setZero(cpu.state(), isGood);
        });
  }

  /** The descriptor of a selector that the CPL and the RPL may see, else 0. */
  private static long visible(X86Cpu cpu, int selector) {
    CpuState state = cpu.state();
    if (DescriptorTables.isNull(selector)
        || !DescriptorTables.contains(state, selector, Long.BYTES)) {
      return 0;
    }
    long descriptor = cpu.readSystem(DescriptorTables.linear(state, selector), Long.BYTES);
    int attributes = Descriptor.attributes(descriptor);
    int dpl = Descriptor.dpl(attributes);
    boolean isVisible =
        Descriptor.isConforming(attributes)
            || dpl >= state.cpl && dpl >= DescriptorTables.rpl(selector);
    return isVisible ? descriptor : 0;
  }

  private static Operation adjustRpl(Instruction instruction) {
    Place destination = Place.of(instruction, 0);
    Place source = Place.of(instruction, 1);
    return new SimpleOperation(
        cpu -> {
          Privileges.requireProtected(cpu);
          long selector = destination.readForUpdate(cpu);
          long rpl = source.read(cpu) & 3;
          boolean isRaised = (selector & 3) < rpl;
          if (isRaised) {
            destination.write(cpu, selector & ~3 | rpl);
          }
          Flags.setZero(cpu.state(), isRaised);
        });
  }
}
