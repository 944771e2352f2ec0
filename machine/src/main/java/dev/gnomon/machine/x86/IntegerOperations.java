package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.function.BiConsumer;

/** All integer instructions. */
final class IntegerOperations {
  private IntegerOperations() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    BinaryOperations.register(into);
    UnaryOperations.register(into);
    Multiplications.register(into);
    Shifts.register(into);
    Moves.register(into);
    StackOperations.register(into);
    Branches.register(into);
    Exchanges.register(into);
    FlagOperations.register(into);
    DecimalOperations.register(into);
  }
}
