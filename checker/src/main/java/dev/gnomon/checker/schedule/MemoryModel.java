package dev.gnomon.checker.schedule;

/** How what one CPU stores becomes visible to the others. */
public enum MemoryModel {
  /** Sequential consistency: each access is performed at once, for all. */
  SC,

  /**
   * x86-TSO (Owens, Sarkar, Sewell, TPHOLs 2009): stores wait in the CPU's own FIFO buffer, from
   * which its loads are served; read-modify-writes and fences wait until it is empty.
   */
  TSO
}
