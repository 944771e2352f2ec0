package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.mmu.arch.ControlBits;
import java.util.function.BiConsumer;

/** The processor's system side: all instructions about modes, privilege, events and ports. */
final class SystemOperations {
  private SystemOperations() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    BaseInstructions.register(into);
    ControlRegisterMoves.register(into);
    DebugRegisters.register(into);
    DescriptorQueries.register(into);
    FarReturns.register(into);
    FarTransfers.register(into);
    FastCalls.register(into);
    FlagInstructions.register(into);
    ModelRegisters.register(into);
    PortInstructions.register(into);
    ProcessorQueries.register(into);
    SegmentMoves.register(into);
    SoftwareInterrupts.register(into);
    TableRegisters.register(into);
    TranslationInstructions.register(into);
    into.accept(Mnemonic.WAIT, SimpleOperation.of(SystemOperations::awaitCoprocessor));
    into.accept(Mnemonic.HLT, SimpleOperation.privileged(X86Cpu::halt));
  }

  /** FWAIT: there is no x87 that could have anything to report. */
  private static void awaitCoprocessor(X86Cpu cpu) {
    long both = ControlBits.CR0_MP | ControlBits.CR0_TS;
    if ((cpu.state().cr0 & both) == both) {
      throw cpu.raise(GuestException.NM);
    }
  }
}
