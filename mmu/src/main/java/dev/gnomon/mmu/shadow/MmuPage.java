package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.table.Role;
import org.jspecify.annotations.Nullable;

/**
 * One page of 512 entries of the shadow MMU: KVM's {@code kvm_mmu_page}. It shadows the guest's
 * table at a gfn (indirect), or maps a linear range that begins there (direct).
 *
 * <p>Under the MMU lock for writing, but for what is final, and for the words that {@link
 * UnsyncMarks} keeps: those that say how far the page is out of step with the guest are looked at
 * without it, and that of the emulated writes is set to 0 without it.
 */
public final class MmuPage {
  /** What becomes of a page. */
  public enum Kind {
    /** Found by its gfn and role, by every root that needs it. */
    SHARED,
    /** Part of one root of one vCPU: {@link LocalPages}. */
    LOCAL,
    /** As {@link #LOCAL}, and the processor's PAE paging reads it: four entries with P alone. */
    LOCAL_PAE
  }

  private static final int NO_ACCESS_BITS = 3;

  private final long pfn;
  private final long gfn;
  private final int role;
  private final int generation;
  private final Kind kind;

  /** Where {@link UnsyncMarks} keeps what is said of this page. */
  final SharedWords marks;

  final int mark;

  /** Gfn and access behind each entry; null of a direct page. */
  private final long @Nullable [] translations;

  /** Which entries lead to unsync pages; null of a page that has no children. */
  final long @Nullable [] unsyncEntries;

  /** The entries that point here, as {@link EntryLists} keeps them. */
  long parents = EntryLists.EMPTY;

  /** How often vCPUs have it as their root, or as a fourth of it. */
  int rootCount;

  boolean isInvalid;

  /** Stands where only the NX mitigation forbids a large page. */
  boolean isNxSplit;

  /** Neighbours among the active pages. */
  @Nullable MmuPage newer;

  @Nullable MmuPage older;

  /** The next page of the same gfn, made earlier. */
  @Nullable MmuPage nextOfGfn;

  MmuPage(long pfn, long gfn, int role, int generation, SharedWords marks, int mark, Kind kind) {
    this.pfn = pfn;
    this.gfn = gfn;
    this.role = role;
    this.generation = generation;
    this.marks = marks;
    this.mark = mark;
    this.kind = kind;
    translations = Role.isDirect(role) || kind != Kind.SHARED ? null : new long[PageLevel.ENTRIES];
    unsyncEntries = Role.level(role) > 1 ? new long[PageLevel.ENTRIES / Long.SIZE] : null;
  }

  /** A walk came through, or a vCPU has made it its root: it is no data page. At any time. */
  void used() {
    if (marks.get(mark + UnsyncMarks.FLOODING) != 0) {
      marks.set(mark + UnsyncMarks.FLOODING, 0);
    }
  }

  /** Counts an emulated write; returns how many there were since it was used. */
  long countWrite() {
    return marks.getAndAdd(mark + UnsyncMarks.FLOODING, 1) + 1;
  }

  /** The frame that holds the entries. */
  public long pfn() {
    return pfn;
  }

  /** The gfn of the guest's table, or the first that a direct page maps. */
  public long gfn() {
    return gfn;
  }

  /** Its {@link Role}. */
  public int role() {
    return role;
  }

  /** The role as events tell it: with the mark of a page that is no longer for use. */
  int toldRole() {
    return isInvalid ? role | Role.INVALID : role;
  }

  /** The generation of fast zaps in which it was made. */
  int generation() {
    return generation;
  }

  /** Its level: 1 maps 4 KiB pages. */
  public int level() {
    return Role.level(role);
  }

  /** Whether it maps a linear range, not what a guest's table says. */
  public boolean isDirect() {
    return Role.isDirect(role);
  }

  /** Whether it is part of one root of one vCPU, and has no guest's table behind it. */
  public boolean isLocal() {
    return kind != Kind.SHARED;
  }

  /** Whether the processor's PAE paging reads it: four entries with P alone, 0 if absent. */
  boolean isPaeRoot() {
    return kind == Kind.LOCAL_PAE;
  }

  /** Whether it must not be used any more. */
  public boolean isInvalid() {
    return isInvalid;
  }

  /** The address of an entry. */
  public long sptep(int index) {
    return PhysicalMemory.hpa(pfn) + 8L * index;
  }

  /** The index of the entry at an address, whatever page it is in. */
  static int index(long sptep) {
    return (int) (sptep >>> 3) & PageLevel.ENTRIES - 1;
  }

  /** The gfn that an entry that is a leaf maps, or maps first. */
  long gfnOf(int index) {
    long[] known = translations;
    return known == null
        ? gfn + index * PageLevel.frames(level())
        : known[index] >>> NO_ACCESS_BITS;
  }

  /** The access that an entry that is a leaf was made with. */
  int accessOf(int index) {
    long[] known = translations;
    return known == null ? Role.access(role) : (int) known[index] & Role.ALL;
  }

  /** Remembers what an entry maps, and for whom. */
  void setTranslation(int index, long mappedGfn, int access) {
    long[] known = translations;
    if (known != null) {
      known[index] = mappedGfn << NO_ACCESS_BITS | access;
    } else if (mappedGfn != gfnOf(index)) {
      throw new IllegalStateException(
          this + " cannot map gfn " + Long.toHexString(mappedGfn) + " at " + index);
    }
  }

  @Override
  public String toString() {
    return "shadow page at pfn "
        + Long.toHexString(pfn)
        + " [gfn "
        + Long.toHexString(gfn)
        + " role "
        + Integer.toHexString(toldRole())
        + "]";
  }
}
