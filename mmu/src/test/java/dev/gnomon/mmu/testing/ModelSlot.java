package dev.gnomon.mmu.testing;

import java.util.BitSet;
import java.util.List;

/** A slot as the reference model knows it. */
final class ModelSlot {
  final int id;
  final long pages;
  final long hvn;
  final boolean isReadOnly;
  final List<Long> homes;
  final List<Long> offsets;

  boolean isPresent;
  boolean isLogged;
  long base;

  /** The offsets written since they were last reported and cleared. */
  final BitSet written = new BitSet();

  /** What the last get of the bitmap reported, until it is cleared. */
  final BitSet reported = new BitSet();

  /**
   * A slot that is not there yet.
   *
   * @param homes the base gfns between which it moves
   * @param offsets the pages that the guest uses
   */
  ModelSlot(
      int id, List<Long> homes, long pages, long hvn, boolean isReadOnly, List<Long> offsets) {
    this.id = id;
    this.homes = homes;
    this.pages = pages;
    this.hvn = hvn;
    this.isReadOnly = isReadOnly;
    this.offsets = offsets;
    base = homes.getFirst();
  }

  boolean contains(long gfn) {
    return isPresent && gfn >= base && gfn < base + pages;
  }

  long hvn(long gfn) {
    return hvn + (gfn - base);
  }

  void forgetLog() {
    isLogged = false;
    written.clear();
    reported.clear();
  }
}
