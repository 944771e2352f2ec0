package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.table.Role;

/**
 * The format of the tables that are shadowed: how a guest pages now, as its registers say, or how a
 * guest hypervisor's NPT or EPT is laid out. Immutable.
 */
public final class GuestFormat {
  /** The rights before any entry: everything but no-execute. */
  static final long ALL_RIGHTS = GuestEntry.WRITABLE | GuestEntry.USER;

  /** No rights at all. */
  static final long NO_RIGHTS = GuestEntry.NO_EXECUTE;

  private final ControlRegisters registers;
  private final PagingFeatures features;
  private final PagingMode mode;
  private final EntryFormat entries;
  private final int rootRole;

  /** Whether what is translated are physical addresses of L2's. */
  private final boolean isNested;

  private GuestFormat(
      ControlRegisters registers,
      PagingFeatures features,
      PagingMode mode,
      EntryFormat entries,
      int rootRole,
      boolean isNested) {
    this.registers = registers;
    this.features = features;
    this.mode = mode;
    this.entries = entries;
    this.rootRole = rootRole;
    this.isNested = isNested;
  }

  /** That of a guest with these registers. */
  public GuestFormat(ControlRegisters registers, PagingFeatures features) {
    this(
        registers,
        features,
        registers.mode(),
        new RegisterEntries(registers, features),
        Role.shadow(registers),
        false);
  }

  /** The same, of a guest that runs as L2: pages that shadow its tables are its own. */
  public GuestFormat inGuestMode() {
    return new GuestFormat(
        registers, features, mode, entries, Role.inGuestMode(rootRole), isNested);
  }

  /**
   * That of L1's nested tables.
   *
   * @param hostLevels the levels of the host's own tables
   * @param hasExecuteOnly whether L1 is offered EPT pages that can be executed, not read
   */
  public static GuestFormat nested(
      NestedTables tables, PagingFeatures features, int hostLevels, boolean hasExecuteOnly) {
    return switch (tables) {
      case NestedTables.Npt npt -> {
        ControlRegisters registers = npt.registers();
        yield new GuestFormat(
            registers,
            features,
            npt.mode(),
            new RegisterEntries(registers, features),
            Role.npt(registers, hostLevels),
            true);
      }
      case NestedTables.Ept ept ->
          new GuestFormat(
              ControlRegisters.RESET,
              features,
              ept.mode(),
              new EptEntries(features, ept.hasAccessedDirty(), hasExecuteOnly),
              Role.ept(ept.mode().levels(), !ept.hasAccessedDirty()),
              true);
    };
  }

  /** The registers of the guest; of a guest hypervisor's tables, of no account. */
  public ControlRegisters registers() {
    return registers;
  }

  public PagingFeatures features() {
    return features;
  }

  /** How tables are laid out; EPT as 4- or 5-level paging. */
  public PagingMode mode() {
    return mode;
  }

  /** The role of a root that shadows such tables. */
  public int rootRole() {
    return rootRole;
  }

  /** Whether the guest's CR4.SMEP is set. */
  public boolean isSmep() {
    return (registers.cr4() & ControlBits.CR4_SMEP) != 0;
  }

  /** Whether what is translated are physical addresses of L2's. */
  public boolean isNested() {
    return isNested;
  }

  /** Whether tables translate an address at all; that a gva is canonical, the processor checks. */
  boolean reaches(long address) {
    return !isNested || address >>> (mode.isLong() ? mode.shift(mode.levels() + 1) : 32) == 0;
  }

  /** Whether CR4.PAE is set. */
  boolean hasEightByteEntries() {
    return (registers.cr4() & ControlBits.CR4_PAE) != 0;
  }

  /** The size of an entry. */
  int entryBytes() {
    return mode.entryBytes();
  }

  /** Whether a PDPTE that is present has a reserved bit set. */
  public boolean isReservedPdpte(long pdpte) {
    return (pdpte & GuestEntry.reservedPdpteBits(features)) != 0;
  }

  // --- entries ---

  boolean isPresent(long gpte) {
    return entries.isPresent(gpte);
  }

  /** Whether an entry was used, as far as its format tells. */
  boolean isAccessed(long gpte) {
    return (gpte & entries.accessedBit()) == entries.accessedBit();
  }

  boolean isLeaf(long gpte, int level) {
    return entries.isLeaf(gpte, level);
  }

  boolean hasReservedBit(long gpte, int level) {
    return entries.hasReservedBit(gpte, level);
  }

  /** The entry as a walk for an access leaves it that ends there, or passes. */
  long withAccessedDirty(long gpte, boolean setsDirty) {
    return gpte | entries.accessedBit() | (setsDirty ? entries.dirtyBit() : 0);
  }

  /** Which of the bits that the walk has added is A. */
  boolean isAccessedAdded(long added) {
    return (added & entries.accessedBit()) != 0;
  }

  /** Which of the bits that the walk has added is D. */
  boolean isDirtyAdded(long added) {
    return (added & entries.dirtyBit()) != 0;
  }

  /** The rights after one more entry: W and U as the AND over all, no-execute as the OR. */
  long gather(long rights, long gpte) {
    long own = entries.rights(gpte);
    return rights & (own | GuestEntry.NO_EXECUTE) | own & GuestEntry.NO_EXECUTE;
  }

  /** The protection key of a leaf, in its place. */
  long key(long gpte) {
    return entries.rights(gpte) & GuestEntry.KEY_MASK;
  }

  /** What a leaf of a level-1 table gives by itself, as the access of a {@link Role}. */
  int ownAccess(long gpte) {
    return access(gather(ALL_RIGHTS, gpte));
  }

  /**
   * What a leaf allows for the time being: no writes while its D is clear, so that the first one is
   * noticed and sets it.
   */
  int withoutCleanWrite(int access, long gpte) {
    boolean isDirty = (gpte & entries.dirtyBit()) == entries.dirtyBit();
    return isDirty ? access : access & ~Role.WRITE;
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

  // --- what is allowed ---

  /** What rights that were gathered allow: bits of {@link dev.gnomon.mmu.arch.Permissions}. */
  public int allowed(Privilege who, long rights) {
    return entries.allowed(who, rights);
  }

  long codeNotPresent(Privilege who, AccessKind kind) {
    return entries.codeNotPresent(who, kind);
  }

  long codeReserved(Privilege who, AccessKind kind) {
    return entries.codeReserved(who, kind);
  }

  long codeRefused(Privilege who, AccessKind kind, long rights) {
    return entries.codeRefused(who, kind, rights);
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
}
