package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.arch.ReferenceWalk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * The ways that a walk may take besides that of the tables as they are, because the processor may
 * have cached entries that its guest has not flushed since they were so: each on its own.
 *
 * <p>Not cached are absent entries, those with reserved bits, those without A, and for writes
 * leaves without D. In memory that the guest cannot write, A and D are never set, and not asked
 * for. A leaf may be global: then a whole way may be cached, of any root.
 *
 * <p>Source: Intel SDM vol. 3A, 4.10.2 to 4.10.4.
 */
final class CachedWays {
  private static final int MOST_WALKS = 2048;
  private static final int MOST_VALUES = 64;

  private final FuzzVm vm;
  private final Mirror mirror;
  private final GuestTranslation guest;

  // Of the walk under way: by entry, its gpa, the values that it may have, the one chosen.
  private final long[] gpas = new long[GuestTranslation.MOST_READS];
  private final long[][] values = new long[GuestTranslation.MOST_READS][MOST_VALUES];
  private final int[] counts = new int[GuestTranslation.MOST_READS];
  private final int[] chosen = new int[GuestTranslation.MOST_READS];
  private int depth;
  private int after;

  CachedWays(FuzzVm vm, Mirror mirror, GuestTranslation guest) {
    this.vm = vm;
    this.mirror = mirror;
    this.guest = guest;
  }

  /** Whether a walk of the present root may come from the way of the tables as they are. */
  boolean mayStray(Way now, long gva, AccessKind kind) {
    int flush = guest.nonGlobalFlush(gva);
    for (GuestTranslation.Root root : guest.roots()) {
      if (root.until() > flush && root.pcid() == guest.pcid() && !isPresent(root)) {
        return true;
      }
    }
    int bytes = guest.registers().mode().entryBytes();
    for (int i = 0; i < now.entries().length; i++) {
      long gpa = now.entries()[i];
      int page = vm.page(gpa);
      if (page == FuzzVm.NOWHERE) {
        continue;
      }
      long needed = needed(page, kind, now.isLeaf(i));
      long present = guest.value(gpa, bytes);
      int word = GuestTranslation.word(page, gpa);
      for (int change = mirror.latest(word, flush);
          change >= 0;
          change = mirror.before(change, flush)) {
        if (isCandidate(
            page, GuestTranslation.part(mirror.old(change), gpa, bytes), present, needed)) {
          return true;
        }
      }
    }
    return false;
  }

  /** Whether a root is the present one: then it has no ways of its own. */
  private boolean isPresent(GuestTranslation.Root root) {
    return root.cr3() == guest.registers().cr3() && Arrays.equals(root.pdptes(), guest.pdptes());
  }

  private long needed(int page, AccessKind kind, boolean isLeaf) {
    return vm.isReadOnly(page)
        ? 0
        : GuestEntry.ACCESSED | (kind == AccessKind.WRITE && isLeaf ? GuestEntry.DIRTY : 0);
  }

  /** Whether a cached old value makes a difference. */
  private boolean isCandidate(int page, long old, long present, long needed) {
    long cached = GuestEntry.PRESENT | (vm.isReadOnly(page) ? 0 : GuestEntry.ACCESSED);
    long differing = (old ^ present) & ~(GuestEntry.ACCESSED | GuestEntry.DIRTY);
    return (old & cached) == cached && (differing != 0 || (present & needed) != needed);
  }

  /**
   * The ways of the present root, or of one in whose place it was loaded without a flush: those
   * that a walk may take that begins, with whatever is cached.
   */
  List<Way> strays(long gva, AccessKind kind, Privilege who) {
    List<Way> ways = new ArrayList<>();
    int flush = guest.nonGlobalFlush(gva);
    tell(guest.registers().cr3(), guest.pdptes(), flush, false, gva, kind, who, ways);
    for (GuestTranslation.Root root : guest.roots()) {
      if (root.until() > flush && root.pcid() == guest.pcid() && !isPresent(root)) {
        tell(root.cr3(), root.pdptes(), flush, false, gva, kind, who, ways);
      }
    }
    return ways;
  }

  /** The ways whose translation may be cached as a whole because it is global. */
  List<Way> globals(long gva, AccessKind kind, Privilege who) {
    List<Way> ways = new ArrayList<>();
    if ((guest.registers().cr4() & ControlBits.CR4_PGE) != 0) {
      int flush = guest.globalFlush(gva);
      tell(guest.registers().cr3(), guest.pdptes(), flush, true, gva, kind, who, ways);
      for (GuestTranslation.Root root : guest.roots()) {
        if (root.until() > flush && !isPresent(root)) {
          tell(root.cr3(), root.pdptes(), flush, true, gva, kind, who, ways);
        }
      }
    }
    return ways;
  }

  private void tell(
      long cr3,
      long[] pdptes,
      int flush,
      boolean isGlobal,
      long gva,
      AccessKind kind,
      Privilege who,
      List<Way> ways) {
    after = flush;
    Arrays.fill(chosen, 0);
    ReferenceWalk walk = guest.walkBy(this::read, cr3, pdptes);
    for (int i = 0; i < MOST_WALKS; i++) {
      depth = 0;
      Way way = way(walk.walk(gva, kind, who), isGlobal);
      if (isPossible(way, kind, who, isGlobal)) {
        ways.add(way);
      }
      if (!choose()) {
        return;
      }
    }
  }

  private Way way(ReferenceWalk.Result result, boolean isGlobal) {
    boolean[] isCached = new boolean[depth];
    for (int i = 0; i < depth; i++) {
      isCached[i] = isGlobal || chosen[i] != 0;
    }
    return new Way(result, Arrays.copyOf(gpas, depth), isCached);
  }

  private boolean isPossible(Way way, AccessKind kind, Privilege who, boolean isGlobal) {
    if (depth == 0) {
      return !isGlobal;
    }
    if (way.isFault() && (way.code() & FaultCode.RESERVED) != 0) {
      return !isGlobal && chosen[depth - 1] == 0;
    }
    long leaf = values[depth - 1][chosen[depth - 1]];
    if (isGlobal && ((leaf & GuestEntry.GLOBAL) == 0 || (leaf & GuestEntry.PRESENT) == 0)) {
      return false;
    }
    if (way.isFault()) {
      return true;
    }
    AccessKind marking = guest.mayLackDirty(way, who) ? AccessKind.READ : kind;
    for (int i = 0; i < depth; i++) {
      int page = vm.page(gpas[i]);
      long needed = page == FuzzVm.NOWHERE ? 0 : needed(page, marking, way.isLeaf(i));
      if (way.isCached()[i] && (values[i][chosen[i]] & needed) != needed) {
        return false;
      }
    }
    return true;
  }

  /** An entry, as chosen of what it is and was. */
  private long read(long gpa, int bytes) {
    int at = depth++;
    gpas[at] = gpa;
    long[] mine = values[at];
    long present = guest.value(gpa, bytes);
    mine[0] = present;
    int count = 1;
    int page = vm.page(gpa);
    if (page != FuzzVm.NOWHERE) {
      int word = GuestTranslation.word(page, gpa);
      for (int change = mirror.latest(word, after);
          change >= 0 && count < MOST_VALUES;
          change = mirror.before(change, after)) {
        long old = GuestTranslation.part(mirror.old(change), gpa, bytes);
        long needed = GuestEntry.ACCESSED | GuestEntry.DIRTY;
        if (isCandidate(page, old, present, needed) && !isAmong(mine, count, old)) {
          mine[count++] = old;
        }
      }
    }
    counts[at] = count;
    if (chosen[at] >= count) {
      chosen[at] = 0;
    }
    return mine[chosen[at]];
  }

  private static boolean isAmong(long[] some, int count, long value) {
    for (int i = 0; i < count; i++) {
      if (some[i] == value) {
        return true;
      }
    }
    return false;
  }

  /** Goes to the next combination; false if there is none. */
  private boolean choose() {
    for (int at = depth - 1; at >= 0; at--) {
      if (++chosen[at] < counts[at]) {
        Arrays.fill(chosen, at + 1, chosen.length, 0);
        return true;
      }
      chosen[at] = 0;
    }
    return false;
  }
}
