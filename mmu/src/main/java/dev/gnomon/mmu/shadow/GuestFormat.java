package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.table.Role;

/** How a guest pages now, as its registers say. Immutable. */
public final class GuestFormat {
  /** The rights before any entry: everything but no-execute. */
  static final long ALL_RIGHTS = GuestEntry.WRITABLE | GuestEntry.USER;

  private final ControlRegisters registers;
  private final PagingFeatures features;
  private final PagingMode mode;
  private final Permissions permissions;
  private final int rootRole;

  public GuestFormat(ControlRegisters registers, PagingFeatures features) {
    this.registers = registers;
    this.features = features;
    mode = registers.mode();
    permissions = new Permissions(registers);
    rootRole = Role.shadow(registers);
  }

  public ControlRegisters registers() {
    return registers;
  }

  public PagingFeatures features() {
    return features;
  }

  public PagingMode mode() {
    return mode;
  }

  /** What the registers make of the rights that tables give. */
  public Permissions permissions() {
    return permissions;
  }

  /** The role of a root that shadows such tables. */
  public int rootRole() {
    return rootRole;
  }

  /** Whether the guest's CR4.SMEP is set. */
  public boolean isSmep() {
    return (registers.cr4() & ControlBits.CR4_SMEP) != 0;
  }

  /** The size of an entry. */
  int entryBytes() {
    return mode.entryBytes();
  }

  static boolean isPresent(long gpte) {
    return (gpte & GuestEntry.PRESENT) != 0;
  }

  static boolean isAccessed(long gpte) {
    return (gpte & GuestEntry.ACCESSED) != 0;
  }

  boolean isLeaf(long gpte, int level) {
    return GuestEntry.isLeaf(gpte, level, registers);
  }

  boolean hasReservedBit(long gpte, int level) {
    return (gpte & GuestEntry.reservedBits(gpte, level, registers, features)) != 0;
  }

  /** Whether a PDPTE that is present has a reserved bit set. */
  public boolean isReservedPdpte(long pdpte) {
    return (pdpte & GuestEntry.reservedPdpteBits(features)) != 0;
  }

  /** The rights after one more entry: W and U as the AND over all, no-execute as the OR. */
  static long gather(long rights, long gpte) {
    return rights & (gpte | GuestEntry.NO_EXECUTE) | gpte & GuestEntry.NO_EXECUTE;
  }

  /** Rights as the access of a {@link Role}. */
  static int access(long rights) {
    return ((rights & GuestEntry.NO_EXECUTE) == 0 ? Role.EXECUTE : 0)
        | ((rights & GuestEntry.WRITABLE) != 0 ? Role.WRITE : 0)
        | ((rights & GuestEntry.USER) != 0 ? Role.USER : 0);
  }

  /** The access of a role as rights, in the places of a guest's entry. */
  public static long rights(int access) {
    return ((access & Role.EXECUTE) == 0 ? GuestEntry.NO_EXECUTE : 0)
        | ((access & Role.WRITE) != 0 ? GuestEntry.WRITABLE : 0)
        | ((access & Role.USER) != 0 ? GuestEntry.USER : 0);
  }

  /**
   * What a leaf allows for the time being: no writes while its D is clear, so that the first one is
   * noticed and sets it.
   */
  static int withoutCleanWrite(int access, long gpte) {
    return (gpte & GuestEntry.DIRTY) != 0 ? access : access & ~Role.WRITE;
  }

  /** The gfn, behind an address, that a leaf maps. */
  long gfn(long gpte, int level, long address) {
    long offset = address & (1L << mode.shift(level)) - 1;
    return (GuestEntry.pageAddress(gpte, level, mode) | offset) >>> 12;
  }

  /** The gfn that a leaf of a level-1 table maps. */
  long gfnOfPage(long gpte) {
    return GuestEntry.address(gpte) >>> 12;
  }

  /** The gpa of the guest's entry behind an entry of a level-1 shadow page. */
  long gpaOfEntry(MmuPage page, int index) {
    long first = (long) Role.quadrant(page.role()) * PageLevel.ENTRIES;
    return (page.gfn() << 12) + (first + index) * entryBytes();
  }
}
