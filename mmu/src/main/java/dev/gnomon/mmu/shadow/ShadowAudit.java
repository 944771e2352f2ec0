package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.TrackedWrites;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.Role;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.NavigableSet;
import java.util.Set;
import java.util.TreeSet;

/**
 * Checks how the pages of a quiet shadow MMU hang together:
 *
 * <ul>
 *   <li>a leaf is in the reverse map of its gfn, once, and nothing else is there;
 *   <li>an entry that points at a page is among that page's parents, once, and nothing else is;
 *   <li>a page of a gfn is found by that, has the level, quadrant and gfn of its place;
 *   <li>the unsync marks count exactly what leads to unsync pages, all of which are of level 1;
 *   <li>a table that is shadowed above level 1 is write-tracked, and no gfn of a shadowed table is
 *       mapped writable unless all its pages are unsync.
 *   <li>a leaf keeps A and D, or is write-protected where D is logged, as its page's role says.
 * </ul>
 *
 * <p>Under the MMU lock for writing.
 */
public final class ShadowAudit {
  private final ShadowStructures at;
  private final SpteFormat format;

  ShadowAudit(ShadowStructures structures) {
    at = structures;
    format = structures.base.format();
  }

  /** Takes what the audit finds in one leaf. */
  @FunctionalInterface
  public interface LeafCheck {
    void leaf(long spte, long gfn, int level);
  }

  /** One run's findings. */
  private static final class Findings {
    final List<String> violations = new ArrayList<>();
    final Map<Long, List<Long>> parents = new HashMap<>();
    final Map<List<Long>, Set<Long>> leaves = new HashMap<>();

    void add(String violation) {
      violations.add(violation);
    }
  }

  /**
   * Runs it.
   *
   * @param slots the slots now
   * @param roots every root that a vCPU has loaded or keeps
   * @param check is shown every leaf
   */
  public List<String> run(MemslotArray slots, List<ShadowRoot> roots, LeafCheck check) {
    Findings findings = new Findings();
    for (MmuPage page : at.pages.all()) {
      for (int i = 0; i < at.base.config().tableEntries(); i++) {
        checkEntry(findings, page, i, check);
      }
    }
    for (MmuPage page : at.pages.all()) {
      checkParents(findings, page);
      checkMarks(findings, page);
      checkPlace(findings, slots, page);
    }
    checkReverseMap(findings, slots);
    new RootAudit(at, findings::add).run(roots);
    return findings.violations;
  }

  private void checkEntry(Findings findings, MmuPage page, int index, LeafCheck check) {
    long sptep = page.sptep(index);
    long spte = at.entries.read(sptep);
    int level = page.level();
    if (SpteFormat.isTable(spte, level)) {
      MmuPage child = at.pages.find(SpteFormat.pfn(spte));
      if (child == null || child.level() != level - 1) {
        findings.add("entry " + index + " of " + page + " points at " + child);
      } else {
        findings.parents.computeIfAbsent(child.pfn(), pfn -> new ArrayList<>()).add(sptep);
        checkChild(findings, page, index, child);
      }
    } else if (SpteFormat.isShadowPresent(spte)) {
      long gfn = page.gfnOf(index);
      if (!findings
          .leaves
          .computeIfAbsent(List.of(gfn, (long) level), key -> new HashSet<>())
          .add(sptep)) {
        findings.add("entry " + index + " of " + page + " is met twice");
      }
      checkKind(findings, page, index, spte);
      check.leaf(spte, gfn, level);
    } else if (!isEmpty(page, spte) && !format.isMmio(spte)) {
      findings.add("entry " + index + " of " + page + " is in no state that may last");
    }
  }

  private boolean isEmpty(MmuPage page, long spte) {
    return page.isPaeRoot() ? spte == 0 : format.isEmpty(spte);
  }

  /** Whether a leaf keeps A and D, and is logged by D, as the role of its page says. */
  private void checkKind(Findings findings, MmuPage page, int index, long spte) {
    boolean isEnabled = format.hasAccessedDirty() && !Role.isAdDisabled(page.role());
    boolean onlyProtects =
        isEnabled && at.base.config().logsByDirtyBit() && Role.isGuestMode(page.role());
    if (format.isAdEnabled(spte) != isEnabled
        || SpteFormat.isWriteProtectOnly(spte) != onlyProtects) {
      findings.add("entry " + index + " of " + page + " keeps A and D otherwise than its page");
    }
  }

  private static void checkChild(Findings findings, MmuPage page, int index, MmuPage child) {
    if (child.isLocal()) {
      return;
    }
    int wanted =
        page.isLocal()
            ? LocalPages.quarterRole(page, index)
            : Role.child(page.role(), index, child.isDirect(), Role.access(child.role()));
    if (child.role() != wanted) {
      findings.add("entry " + index + " of " + page + " points at " + child + ", of another role");
    }
    if (page.isDirect() && child.gfn() != page.gfnOf(index)) {
      findings.add("entry " + index + " of " + page + " points at " + child + ", elsewhere");
    }
  }

  private void checkParents(Findings findings, MmuPage page) {
    long[] known = at.lists.toArray(page.parents);
    long[] found =
        findings.parents.getOrDefault(page.pfn(), List.of()).stream()
            .mapToLong(Long::longValue)
            .toArray();
    Arrays.sort(known);
    Arrays.sort(found);
    if (!Arrays.equals(known, found)) {
      findings.add(
          page + " has " + known.length + " parent entries, " + found.length + " point at it");
    }
  }

  private void checkMarks(Findings findings, MmuPage page) {
    if (UnsyncMarks.isUnsync(page) && page.level() > 1) {
      findings.add(page + " is unsync");
    }
    int leading = 0;
    for (int i = 0; i < PageLevel.ENTRIES; i++) {
      long spte = at.entries.read(page.sptep(i));
      MmuPage child =
          SpteFormat.isTable(spte, page.level()) ? at.pages.find(SpteFormat.pfn(spte)) : null;
      boolean leads = child != null && UnsyncMarks.hasUnsync(child);
      leading += leads ? 1 : 0;
      if (leads != UnsyncMarks.leadsToUnsync(page, i)) {
        findings.add("entry " + i + " of " + page + " is marked wrongly");
      }
    }
    if (leading != UnsyncMarks.children(page)) {
      findings.add(
          page + " counts " + UnsyncMarks.children(page) + " unsync children, has " + leading);
    }
  }

  private void checkPlace(Findings findings, MemslotArray slots, MmuPage page) {
    if (page.isLocal()) {
      return;
    }
    if (page.isInvalid) {
      if (page.rootCount == 0) {
        findings.add(page + " is invalid, and nobody's root");
      }
      return;
    }
    MmuPage same = at.pages.ofGfn(page.gfn());
    while (same != null && same != page) {
      if (same.role() == page.role() && same.generation() == page.generation()) {
        findings.add(page + " and " + same + " are alike");
      }
      same = same.nextOfGfn;
    }
    if (same == null) {
      findings.add(page + " is not found by its gfn");
    }
    if (!page.isDirect()) {
      checkTracked(findings, slots, page);
    }
  }

  private void checkTracked(Findings findings, MemslotArray slots, MmuPage page) {
    Memslot slot = slots.find(page.gfn());
    if (slot == null) {
      findings.add(page + " shadows what no slot holds");
      return;
    }
    TrackedWrites tracked = slot.trackedWrites();
    boolean isTracked = tracked != null && tracked.isTracked(page.gfn() - slot.baseGfn());
    if (page.level() > 1 && !isTracked) {
      findings.add(page + " shadows a table that is not write-tracked");
    }
    for (int level = PageLevel.LEVEL_4K; level <= PageLevel.LEVEL_1G; level++) {
      for (long sptep : at.reverseMap.entries(slot, page.gfn(), level)) {
        long spte = at.entries.read(sptep);
        if (format.isMmuWritable(spte) && !UnsyncMarks.isUnsync(page)) {
          findings.add(page + " is in step, but its table may be written");
        }
      }
    }
  }

  private void checkReverseMap(Findings findings, MemslotArray slots) {
    long entered = 0;
    for (int i = 0; i < slots.size(); i++) {
      Memslot slot = slots.get(i);
      if (!ReverseMap.isKept(slot)) {
        continue;
      }
      for (int level = PageLevel.LEVEL_4K; level <= PageLevel.LEVEL_1G; level++) {
        long step = PageLevel.frames(level);
        long first = PageLevel.alignDown(slot.baseGfn(), level);
        for (long gfn = first; gfn < slot.endGfn(); gfn += step) {
          long inSlot = Math.max(gfn, slot.baseGfn());
          for (long sptep : at.reverseMap.entries(slot, inSlot, level)) {
            entered++;
            Set<Long> known = findings.leaves.getOrDefault(List.of(gfn, (long) level), Set.of());
            if (!known.contains(sptep)) {
              findings.add(
                  "the reverse map of gfn " + Long.toHexString(gfn) + " names what maps it not");
            }
          }
        }
      }
    }
    long leaves = findings.leaves.values().stream().mapToLong(Set::size).sum();
    if (leaves != entered) {
      findings.add("the reverse maps have " + entered + " entries, there are " + leaves);
    }
  }

  /** The gfns of the guest's tables that are in step, and so must not be written unseen. */
  public NavigableSet<Long> gfnsInStep() {
    NavigableSet<Long> gfns = new TreeSet<>();
    for (MmuPage page : at.pages.all()) {
      boolean isOfTable = !page.isDirect() && !page.isLocal() && !page.isInvalid;
      if (isOfTable && !UnsyncMarks.isUnsync(page)) {
        gfns.add(page.gfn());
      }
    }
    return gfns;
  }

  /** How many pages are unsync. */
  public long unsyncCount() {
    long count = 0;
    for (MmuPage page : at.pages.all()) {
      count += UnsyncMarks.isUnsync(page) ? 1 : 0;
    }
    return count;
  }

  /** How many pages there are. */
  public int pageCount() {
    return at.pages.size();
  }
}
