package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.slot.TrackedWrites;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.table.TableFrames;
import dev.gnomon.mmu.tlb.AnnouncedWalks;
import dev.gnomon.mmu.tlb.TlbFlusher;

/**
 * The life of the shadow MMU's pages: made, linked under entries of others, zapped, freed.
 *
 * <p>A page that shadows a guest's table has that table's gfn protected from the moment it exists:
 * above level 1 it is write-tracked; at level 1 what maps it is made read-only, so that the first
 * write is noticed and makes the page unsync. Either forbids large pages over the gfn.
 *
 * <p>Zapping takes the unsync pages below, what the page maps and links, and the links to it. A
 * root in use is only marked invalid: its last user zaps it once more, and then it goes. Frames are
 * freed after a flush, when no walk without the lock can be in them.
 *
 * <p>Under the MMU lock for writing.
 */
final class ShadowTables {
  private static final int GENERATION = 0;

  private final SpteFormat format;
  private final int entriesUsed;
  private final Memslots memslots;
  private final TableFrames tableFrames;
  private final TlbFlusher flusher;
  private final AnnouncedWalks walks;
  private final Frames frames;
  private final PageStore pages;
  private final EntryLists lists;
  private final UnsyncMarks unsync;
  private final ShadowEntries entries;
  private final WriteProtection protection;
  private final Tracepoints trace;
  private final Statistics statistics;

  /** 0 or 1: pages of the other are obsolete. Looked at without the lock too. */
  private final SharedWords valid;

  ShadowTables(
      Foundation base,
      PageStore pages,
      EntryLists lists,
      UnsyncMarks unsync,
      ShadowEntries entries,
      WriteProtection protection) {
    format = base.format();
    entriesUsed = base.config().tableEntries();
    memslots = base.memslots();
    tableFrames = base.tableFrames();
    flusher = base.flusher();
    walks = base.walks();
    frames = base.platform().frames();
    this.pages = pages;
    this.lists = lists;
    this.unsync = unsync;
    this.entries = entries;
    this.protection = protection;
    trace = base.trace();
    statistics = base.statistics();
    valid = base.platform().newWords(1);
  }

  /** The generation of pages that are made now. */
  int generation() {
    return (int) valid.get(GENERATION);
  }

  /** Makes all pages obsolete. */
  void newGeneration() {
    valid.set(GENERATION, generation() ^ 1);
  }

  /** Whether a page must not be used any more. */
  boolean isObsolete(MmuPage page) {
    return page.isInvalid || page.generation() != generation();
  }

  /** Makes an empty page that nothing points at yet, and protects the table that it shadows. */
  MmuPage create(Cpu cpu, long gfn, int role) {
    UnsyncMarks.Place place = unsync.take();
    MmuPage page =
        new MmuPage(
            tableFrames.take(cpu),
            gfn,
            role,
            generation(),
            place.words(),
            place.index(),
            MmuPage.Kind.SHARED);
    pages.add(cpu, page);
    trace.spAlloc(cpu, page.sptep(0), gfn, role);
    if (!page.isDirect()) {
      account(cpu, page);
    }
    return page;
  }

  private void account(Cpu cpu, MmuPage page) {
    long gfn = page.gfn();
    Memslot slot = slot(page);
    if (page.level() > 1) {
      tracked(slot).change(gfn - slot.baseGfn(), 1);
    }
    slot.largePages().change(gfn, 1);
    if (protection.track(cpu, slot, gfn)) {
      flusher.flushAll(cpu);
    }
  }

  private void unaccount(MmuPage page) {
    long gfn = page.gfn();
    Memslot slot = slot(page);
    if (page.level() > 1) {
      tracked(slot).change(gfn - slot.baseGfn(), -1);
    }
    slot.largePages().change(gfn, -1);
  }

  private Memslot slot(MmuPage page) {
    Memslot slot = memslots.current().find(page.gfn());
    if (slot == null) {
      throw new IllegalStateException("no slot holds the table that " + page + " shadows");
    }
    return slot;
  }

  private static TrackedWrites tracked(Memslot slot) {
    TrackedWrites tracked = slot.trackedWrites();
    if (tracked == null) {
      throw new IllegalStateException(slot + " has no write tracking");
    }
    return tracked;
  }

  /** Says that a page was found or made. */
  void tellGot(Cpu cpu, MmuPage page, boolean isNew) {
    trace.kvmMmuGetPage(
        cpu,
        page.generation(),
        page.gfn(),
        page.toldRole(),
        page.rootCount,
        UnsyncMarks.isUnsync(page),
        isNew);
  }

  /** Points an entry, which is no table, at a page. */
  void link(Cpu cpu, long sptep, MmuPage child) {
    int level = child.level() + 1;
    if (SpteFormat.isShadowPresent(entries.read(sptep))) {
      entries.drop(cpu, sptep);
      flusher.flushAll(cpu);
    }
    // Before the entry: who walks to the child by it must find the marks on the way.
    child.parents = lists.add(child.parents, sptep);
    unsync.linked(sptep, child);
    boolean isPdpte = pages.ofEntry(sptep).isPaeRoot();
    long table =
        isPdpte ? pdpte(child.pfn()) : format.table(child.pfn(), Role.isAdDisabled(child.role()));
    entries.set(cpu, sptep, table, level);
  }

  /** As PAE paging wants it: nothing but P, and what the processor ignores. SDM vol. 3A, 4.4.1. */
  private static long pdpte(long pfn) {
    return pfn << 12 | GuestEntry.PRESENT | SpteFormat.MMU_PRESENT;
  }

  /** Clears an entry that points at a page. */
  void unlink(Cpu cpu, long sptep, MmuPage child) {
    unsync.unlinked(sptep);
    child.parents = lists.remove(child.parents, sptep);
    long empty = pages.ofEntry(sptep).isPaeRoot() ? 0 : format.nonPresent();
    entries.clearUntracked(cpu, sptep, empty, child.level() + 1);
  }

  /** Drops whatever an entry of a page is: leaf, link or mark. */
  void dropEntry(Cpu cpu, MmuPage page, long sptep) {
    long spte = entries.read(sptep);
    if (SpteFormat.isPresentLeaf(spte, page.level())) {
      entries.drop(cpu, sptep);
    } else if (SpteFormat.isShadowPresent(spte)) {
      unlink(cpu, sptep, pages.at(SpteFormat.pfn(spte)));
    } else if (format.isMmio(spte)) {
      entries.clearUntracked(cpu, sptep, format.nonPresent(), page.level());
    }
  }

  /** Says that a page is brought into step with the guest's table, or goes. */
  void tellSync(Cpu cpu, MmuPage page) {
    trace.kvmMmuSyncPage(cpu, page.generation(), page.gfn(), page.toldRole(), page.rootCount);
    statistics.add(cpu, Stat.MMU_UNSYNC, -1);
  }

  /**
   * Zaps a page.
   *
   * @param batch takes what is to be freed by {@link #commit}
   * @return whether other pages were zapped with it
   */
  boolean zap(Cpu cpu, MmuPage page, ZapBatch batch) {
    trace.kvmMmuPrepareZapPage(
        cpu,
        page.generation(),
        page.gfn(),
        page.toldRole(),
        page.rootCount,
        UnsyncMarks.isUnsync(page));
    statistics.count(cpu, Stat.MMU_SHADOW_ZAPPED);
    boolean isAlone = true;
    for (MmuPage child : unsync.below(page, entries::child)) {
      isAlone = false;
      if (!child.isInvalid) {
        zap(cpu, child, batch);
      }
    }
    for (int i = 0; i < entriesUsed; i++) {
      dropEntry(cpu, page, page.sptep(i));
    }
    while (page.parents != EntryLists.EMPTY) {
      unlink(cpu, lists.first(page.parents), page);
    }
    if (!page.isInvalid && !page.isDirect()) {
      unaccount(page);
    }
    if (UnsyncMarks.isUnsync(page)) {
      tellSync(cpu, page);
      unsync.unmark(page);
    }
    boolean isRootInUse = page.rootCount > 0;
    boolean reloads = isRootInUse && !isObsolete(page);
    if (page.isNxSplit) {
      page.isNxSplit = false;
      statistics.add(cpu, Stat.NX_LPAGE_SPLITS, -1);
    }
    if (!page.isInvalid) {
      pages.retire(page);
      page.isInvalid = true;
    }
    if (!isRootInUse) {
      batch.add(page);
    } else if (reloads) {
      flusher.reloadRoots(cpu);
    }
    return !isAlone;
  }

  /** Frees what was zapped, when every vCPU has flushed and no walk without the lock is in it. */
  void commit(Cpu cpu, ZapBatch batch) {
    if (batch.size() == 0) {
      return;
    }
    flusher.flushAll(cpu);
    walks.await(cpu);
    for (MmuPage page : batch.pages()) {
      pages.forget(cpu, page);
      unsync.giveBack(page);
      frames.free(cpu, page.pfn());
    }
    batch.pages().clear();
  }

  /** Frees what was zapped; if that is nothing, flushes only where a flush is owed. */
  void commitOrFlush(Cpu cpu, ZapBatch batch, boolean owesFlush) {
    if (batch.size() > 0) {
      commit(cpu, batch);
    } else if (owesFlush) {
      flusher.flushAll(cpu);
    }
  }

  /** Counts a vCPU that takes a page for its root, or a fourth of it. */
  void acquireRoot(MmuPage page) {
    page.rootCount++;
  }

  /** Counts one less; the last user of an invalid page zaps it. */
  void releaseRoot(Cpu cpu, MmuPage page, ZapBatch batch) {
    page.rootCount--;
    if (page.rootCount == 0 && page.isInvalid) {
      zap(cpu, page, batch);
    }
  }

  /** Whether a page may have the place of a table below an entry of this role. */
  static boolean areOfOneMode(MmuPage page, int rootRole) {
    return Role.areOfOneMode(page.role(), rootRole);
  }
}
