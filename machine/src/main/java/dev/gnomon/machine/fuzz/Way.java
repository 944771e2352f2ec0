package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.ReferenceWalk;
import dev.gnomon.mmu.arch.ReferenceWalk.Fault;
import dev.gnomon.mmu.arch.ReferenceWalk.Translated;

/**
 * One way that a walk for an access may take.
 *
 * @param result where it ends
 * @param entries the gpas of the entries, from the top
 * @param isCached by entry, whether the processor has it from earlier; else it reads it now, and
 *     sets A and D in it
 */
record Way(ReferenceWalk.Result result, long[] entries, boolean[] isCached) {

  boolean isFault() {
    return result instanceof Fault;
  }

  /** The fault's code. */
  long code() {
    return result instanceof Fault(long code) ? code : 0;
  }

  /** Where it leads, if it is no fault. */
  long gpa() {
    return result instanceof Translated translated ? translated.address() : 0;
  }

  boolean isLeaf(int entry) {
    return entry == entries.length - 1;
  }

  String text() {
    return isFault() ? "fault %x".formatted(code()) : "gpa %x".formatted(gpa());
  }
}
