package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.AccessKind;

/** Does accesses of a guest's, and checks what came of each. */
interface Accesses {

  /**
   * Does one.
   *
   * @param isImplicit whether the processor makes it for itself, as a supervisor
   */
  void access(AccessKind kind, boolean isImplicit, long gva, int size, long value);
}
