package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/** CLC, STC, CMC, CLD, STD, LAHF, SAHF, SALC; and NOP and PAUSE, which do nothing. */
final class FlagOperations {
  private static final long IN_AH = Flags.CF | Flags.PF | Flags.AF | Flags.ZF | Flags.SF;

  private FlagOperations() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.NOP, i -> new Simple(s -> {}));
    into.accept(Mnemonic.PAUSE, i -> new Simple(s -> {}));
    into.accept(Mnemonic.CLC, i -> new Simple(s -> Flags.setCarry(s, false)));
    into.accept(Mnemonic.STC, i -> new Simple(s -> Flags.setCarry(s, true)));
    into.accept(Mnemonic.CMC, i -> new Simple(s -> Flags.setCarry(s, !Flags.carry(s))));
    into.accept(Mnemonic.CLD, i -> new Simple(s -> s.clearSystemFlags(Flags.DF)));
    into.accept(Mnemonic.STD, i -> new Simple(s -> s.setSystemFlags(Flags.DF)));
    into.accept(Mnemonic.LAHF, i -> new Simple(FlagOperations::load));
    into.accept(Mnemonic.SAHF, i -> new Simple(FlagOperations::store));
    into.accept(
        Mnemonic.SALC, i -> new Simple(s -> s.write(CpuState.RAX, 1, Flags.carry(s) ? 0xff : 0)));
    into.accept(Mnemonic.CBW, FlagOperations::extendInPlace);
    into.accept(Mnemonic.CWD, FlagOperations::extendIntoData);
  }

  private static void load(CpuState s) {
    long flags = Flags.arithmetic(s) & IN_AH | Flags.FIXED;
    s.gpr[CpuState.RAX] = s.gpr[CpuState.RAX] & ~0xff00L | flags << 8;
  }

  private static void store(CpuState s) {
    long flags = s.gpr[CpuState.RAX] >>> 8 & IN_AH;
    Flags.setArithmetic(s, Flags.arithmetic(s) & Flags.OF | flags);
  }

  /** CBW, CWDE, CDQE. */
  private static Operation extendInPlace(Instruction i) {
    int size = i.operandSize();
    Width half = Width.of(size / 2);
    return new Simple(s -> s.write(CpuState.RAX, size, half.signed(s.gpr[CpuState.RAX])));
  }

  /** CWD, CDQ, CQO. */
  private static Operation extendIntoData(Instruction i) {
    int size = i.operandSize();
    Width width = Width.of(size);
    return new Simple(s -> s.write(CpuState.RDX, size, width.signed(s.gpr[CpuState.RAX]) >> 63));
  }

  /** An instruction that neither faults nor touches memory. */
  private static final class Simple extends Operation {
    private final Consumer<CpuState> effect;

    Simple(Consumer<CpuState> effect) {
      this.effect = effect;
    }

    @Override
    void execute(X86Cpu cpu) {
      effect.accept(cpu.state());
    }
  }
}
