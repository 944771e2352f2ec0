package dev.gnomon.machine.x86.vector;

/** One half of a vector that depends on both halves of both operands. */
@FunctionalInterface
public interface WholeFunction {
  /** A half of the result, from the destination's halves and the source's. */
  long apply(long low, long high, long sourceLow, long sourceHigh);
}
