package dev.gnomon.checker.report;

import dev.gnomon.mmu.platform.Platform;

/**
 * A look at physical memory that takes no step, checks nothing and disturbs nobody: what a word
 * holds, without what waits in store buffers. Used while nothing runs.
 */
@FunctionalInterface
public interface Peek {

  /** The aligned 64-bit word at an address. */
  long word(long hpa);

  /** For a back end on which an access outside of bodies is no step. */
  static Peek through(Platform platform) {
    return platform.memory()::getLong;
  }
}
