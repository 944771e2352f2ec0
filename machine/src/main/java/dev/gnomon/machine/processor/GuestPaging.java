package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Permissions;

/**
 * How a processor pages now: what its registers and its features say, made ready for walks. The
 * four PDPTEs of PAE paging are registers too, which the processor loads by itself.
 */
final class GuestPaging {
  /** PDPTEs of PAE paging. */
  static final int PDPTES = 4;

  private PagingFeatures features;
  private ControlRegisters registers = ControlRegisters.RESET;
  private PagingMode mode = PagingMode.NONE;
  private Permissions permissions = new Permissions(registers);
  private long topTable;
  private final long[] pdptes = new long[PDPTES];

  GuestPaging(PagingFeatures features) {
    this.features = features;
  }

  void setFeatures(PagingFeatures value) {
    features = value;
  }

  PagingFeatures features() {
    return features;
  }

  /** Takes over registers. Returns whether rights now allow something else. */
  boolean load(ControlRegisters value) {
    registers = value;
    mode = value.mode();
    topTable = value.topTable();
    Permissions old = permissions;
    permissions = new Permissions(value);
    return !permissions.isSameAs(old);
  }

  /** Takes over registers of which only CR3 is another. */
  void loadCr3(ControlRegisters value) {
    registers = value;
    topTable = value.topTable();
  }

  /** Takes over PDPTEs, which have no reserved bit set where they are present. */
  void loadPdptes(long[] values) {
    System.arraycopy(values, 0, pdptes, 0, PDPTES);
  }

  ControlRegisters registers() {
    return registers;
  }

  /** The four PDPTEs: not a copy. */
  long[] pdptes() {
    return pdptes;
  }

  PagingMode mode() {
    return mode;
  }

  Permissions permissions() {
    return permissions;
  }

  /** The gpa of the top table. */
  long topTable() {
    return topTable;
  }

  /** The PDPTE for an address. */
  long pdpte(long gva) {
    return pdptes[(int) (gva >>> 30) & PDPTES - 1];
  }

  boolean isCanonical(long gva) {
    return registers.isCanonical(gva);
  }

  boolean isLeaf(long gpte, int level) {
    return GuestEntry.isLeaf(gpte, level, registers);
  }

  boolean hasReservedBit(long gpte, int level) {
    return (gpte & GuestEntry.reservedBits(gpte, level, registers, features)) != 0;
  }

  boolean isReservedPdpte(long pdpte) {
    return (pdpte & GuestEntry.reservedPdpteBits(features)) != 0;
  }

  /** Whether a leaf outlives a load of CR3. */
  boolean isGlobal(long gpte) {
    return (gpte & GuestEntry.GLOBAL) != 0 && (registers.cr4() & ControlBits.CR4_PGE) != 0;
  }

  /** The gpa that an address has in the page of a leaf. */
  long finalGpa(long gpte, int level, long gva) {
    long pageMask = (1L << mode.shift(level)) - 1;
    return GuestEntry.pageAddress(gpte, level, mode) | gva & pageMask;
  }

  /** Whether a leaf's page is larger than the one that the TLB will hold of it. */
  boolean isFractured(int level, int tlbLevel) {
    return mode.shift(level) > PageLevel.shift(tlbLevel);
  }
}
