package dev.gnomon.machine.processor;

/** What a locked instruction makes of a word. */
enum LockedOperation {
  ADD,
  AND,
  OR,
  XOR,
  EXCHANGE,
  /** Compare and exchange. */
  COMPARE;

  /**
   * The new value; bits above the operand's size may be anything.
   *
   * @param old what the word holds, zero-extended
   * @param expected for {@link #COMPARE}, zero-extended
   */
  long apply(long old, long operand, long expected) {
    return switch (this) {
      case ADD -> old + operand;
      case AND -> old & operand;
      case OR -> old | operand;
      case XOR -> old ^ operand;
      case EXCHANGE -> operand;
      case COMPARE -> old == expected ? operand : old;
    };
  }
}
