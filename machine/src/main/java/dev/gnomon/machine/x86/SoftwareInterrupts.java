package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/** INT n, INT3, INTO, INT1, and what is defined to be undefined. Intel SDM vol. 2A, INT n. */
final class SoftwareInterrupts {
  private SoftwareInterrupts() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(
        Mnemonic.INT,
        instruction -> {
          int vector = (int) ((Operand.Immediate) instruction.operand(0)).value() & 0xff;
          return new SimpleOperation(cpu -> cpu.delivery().software(vector));
        });
    into.accept(
        Mnemonic.INT3, SimpleOperation.of(cpu -> cpu.delivery().software(GuestException.BP)));
    into.accept(Mnemonic.INTO, SimpleOperation.of(SoftwareInterrupts::onOverflow));
    into.accept(
        Mnemonic.INT1, SimpleOperation.of(cpu -> cpu.delivery().deliverTrap(GuestException.DB)));
  }

  private static void onOverflow(X86Cpu cpu) {
    if (Flags.overflow(cpu.state())) {
      cpu.delivery().software(GuestException.OF);
    }
  }
}
