package dev.gnomon.machine.x86.vector;

/**
 * An instruction that treats the halves of a vector alike and apart: all lanes that a result
 * depends on lie in the same half.
 */
@FunctionalInterface
public interface HalfFunction {
  /** The new half, from the destination's and the source's. */
  long apply(long destination, long source);
}
