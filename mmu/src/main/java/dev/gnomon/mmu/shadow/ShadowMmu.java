package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.dirty.LogProtection;
import dev.gnomon.mmu.make.SpteMaker;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.track.GfnProtection;
import org.jspecify.annotations.Nullable;

/**
 * The shadow MMU of a VM: the door to its parts. All but what says otherwise is called under the
 * MMU lock for writing, and inside a read section of the memslots or under the slots lock.
 */
public final class ShadowMmu {
  private final MmuConfig config;
  private final MmuLock mmuLock;
  private final Memslots memslots;
  private final HostPages hostPages;
  private final PageStore pages;
  private final ShadowEntries entries;
  private final ShadowTables tables;
  private final WriteProtection protection;
  private final GuestTables guestTables;
  private final GuestWalker walker;
  private final PageSync sync;
  private final PageFinder finder;
  private final ShadowMapper mapper;
  private final ShadowZapper zapper;
  private final TableWrites tableWrites;
  private final ShadowLog log;
  private final ShadowAging aging;
  private final FormatChange formatChange;
  private final LocalPages local;
  private final ShadowAudit audit;

  public ShadowMmu(ShadowStructures structures, SpteMaker maker) {
    Foundation base = structures.base;
    config = base.config();
    mmuLock = base.mmuLock();
    memslots = base.memslots();
    hostPages = base.hostPages();
    pages = structures.pages;
    entries = structures.entries;
    tables = structures.tables;
    protection = structures.protection;
    guestTables = new GuestTables(base);
    walker = new GuestWalker(base, guestTables);
    sync =
        new PageSync(
            base, guestTables, maker, structures.unsync, entries, tables, structures.protection);
    finder = new PageFinder(base, pages, tables, sync);
    local = new LocalPages(structures, finder);
    LeafInstaller installer =
        new LeafInstaller(base, maker, pages, structures.unsync, entries, tables);
    Prefetcher prefetcher = new Prefetcher(base, guestTables, entries, installer);
    mapper =
        new ShadowMapper(base, pages, entries, tables, finder, sync, installer, prefetcher, walker);
    zapper = new ShadowZapper(base, pages, structures.reverseMap, entries, tables);
    tableWrites = new TableWrites(base, pages, entries, tables);
    log = new ShadowLog(base, structures.reverseMap, entries);
    aging = new ShadowAging(base.format(), structures.reverseMap, entries);
    formatChange = new FormatChange(base, guestTables, pages, entries, tables);
    audit = new ShadowAudit(structures);
  }

  // --- the guest's own tables; without the lock, inside a read section of the memslots ---

  /** Walks the guest's tables for an access: see {@link GuestWalker}. Takes the MMU lock. */
  public boolean walk(
      Cpu cpu,
      GuestFormat guest,
      long topGpa,
      long[] pdptes,
      long address,
      AccessKind kind,
      Privilege who,
      GuestWalk walk) {
    return walker.walk(cpu, guest, topGpa, pdptes, address, kind, who, walk);
  }

  /** Reads 8 bytes of guest memory, waiting for the host if need be; 0 where there is none. */
  public long readGuest(Cpu cpu, long gpa) {
    Memslot slot = GuestTables.visibleSlot(memslots.current(), gpa >>> 12);
    while (slot != null && guestTables.makePresent(cpu, slot, gpa, false)) {
      mmuLock.readLock(cpu);
      long hpa = guestTables.hpa(slot, gpa);
      long value = hpa < 0 ? 0 : guestTables.read(hpa, 8);
      mmuLock.readUnlock(cpu);
      if (hpa >= 0) {
        return value;
      }
    }
    return 0;
  }

  /** Reads an entry of 4 or 8 bytes, likewise. */
  long readEntry(Cpu cpu, long gpa, int size) {
    long word = readGuest(cpu, gpa & -8L);
    return size == 8 ? word : word >>> 8 * (gpa & 4) & 0xffff_ffffL;
  }

  /**
   * Sets A or D in an entry for an access that is emulated; what lies in no memory, or in read-only
   * memory, stays as it is. Returns false if the entry has changed since it was read.
   */
  boolean updateEntry(Cpu cpu, long gpa, int size, long expected, long value) {
    Memslot slot = GuestTables.visibleSlot(memslots.current(), gpa >>> 12);
    if (slot == null || slot.isReadOnly()) {
      return true;
    }
    while (guestTables.makePresent(cpu, slot, gpa, true)) {
      mmuLock.readLock(cpu);
      if (guestTables.isWritable(slot, gpa)) {
        long hpa = guestTables.hpa(slot, gpa);
        boolean isUpdated = guestTables.update(cpu, slot, gpa, hpa, size, expected, value);
        mmuLock.readUnlock(cpu);
        return isUpdated;
      }
      mmuLock.readUnlock(cpu);
    }
    return true;
  }

  /** Says what else may map a gfn: once, before anything is mapped. */
  public void alsoProtects(GfnProtection other) {
    protection.alsoProtects(other);
  }

  /** Whether guest memory that can hold a table begins at a gpa. */
  public boolean isVisible(long gpa) {
    return GuestTables.visibleSlot(memslots.current(), gpa >>> 12) != null;
  }

  /** The guest pages in another way: what does not follow from its tables any more is dropped. */
  public void changeFormat(Cpu cpu, GuestFormat guest) {
    formatChange.changed(cpu, guest);
  }

  // --- roots ---

  /** Finds or makes the page of a root, or of a fourth of one, and counts its user. */
  public MmuPage acquireRoot(Cpu cpu, GuestFormat guest, long gfn, int role) {
    MmuPage page = finder.get(cpu, guest, gfn, role);
    tables.acquireRoot(page);
    return page;
  }

  /**
   * Makes an empty page for one root of one vCPU, with that root as its user.
   *
   * @param pfn of a frame of empty entries, the page's from now on
   */
  public MmuPage makeLocal(Cpu cpu, long pfn, int role, MmuPage.Kind kind) {
    return local.make(cpu, pfn, role, kind);
  }

  /** Points an empty entry of a local page at the page of a gfn and a role, found or made. */
  public void linkLocal(Cpu cpu, GuestFormat guest, MmuPage parent, int index, long gfn, int role) {
    local.link(cpu, guest, parent, index, gfn, role);
  }

  /** Points the first entry of a local page at another. */
  public void linkLocal(Cpu cpu, MmuPage parent, MmuPage below) {
    tables.link(cpu, parent.sptep(0), below);
  }

  /** Gives up the pages of a root. */
  public void releaseRoot(Cpu cpu, ShadowRoot root) {
    ZapBatch batch = new ZapBatch();
    MmuPage page = root.page();
    if (page != null && page.isLocal()) {
      local.release(cpu, page);
    } else if (page != null) {
      tables.releaseRoot(cpu, page, batch);
    }
    for (MmuPage quarter : root.quarters()) {
      if (quarter != null) {
        tables.releaseRoot(cpu, quarter, batch);
      }
    }
    tables.commit(cpu, batch);
  }

  /** Whether a root must not be used any more. */
  public boolean isObsolete(ShadowRoot root) {
    MmuPage page = root.page();
    if (page != null) {
      return tables.isObsolete(page);
    }
    for (MmuPage quarter : root.quarters()) {
      if (quarter != null && tables.isObsolete(quarter)) {
        return true;
      }
    }
    return false;
  }

  /** Whether anything below a root is out of step with the guest's tables. At any time. */
  public static boolean hasUnsync(ShadowRoot root) {
    boolean has = false;
    MmuPage page = root.page();
    if (page != null) {
      return UnsyncMarks.hasUnsync(page);
    }
    for (MmuPage quarter : root.quarters()) {
      has |= quarter != null && UnsyncMarks.hasUnsync(quarter);
    }
    return has;
  }

  /** Brings everything below a root into step with the guest's tables. */
  public void syncRoot(Cpu cpu, GuestFormat guest, ShadowRoot root) {
    MmuPage page = root.page();
    if (page != null) {
      sync.syncAll(cpu, guest, page);
    }
    for (MmuPage quarter : root.quarters()) {
      if (quarter != null) {
        sync.syncAll(cpu, guest, quarter);
      }
    }
  }

  /** The guest has invalidated one address: what unsync pages say of it is brought into step. */
  public void syncAddress(Cpu cpu, GuestFormat guest, ShadowRoot root, long address) {
    MmuPage page = root.top(address);
    while (page != null) {
      int level = page.level();
      int index = PageLevel.index(address, level);
      long sptep = page.sptep(index);
      if (UnsyncMarks.isUnsync(page)) {
        PageSync.Result result = sync.syncEntry(cpu, guest, page, index);
        if (result == PageSync.Result.FAILED) {
          tables.dropEntry(cpu, page, sptep);
        }
        tables.commitOrFlush(cpu, new ZapBatch(), result != PageSync.Result.SAME);
      }
      boolean goesOn =
          UnsyncMarks.children(page) > 0 && SpteFormat.isTable(entries.read(sptep), level);
      page = goesOn ? entries.child(sptep) : null;
    }
  }

  /** A root was taken into use again: it is not flooded. At any time. */
  public static void used(MmuPage page) {
    page.used();
  }

  /** A write to a tracked table faulted on its way through these pages: they are in use. */
  public void usedOnTheWay(ShadowRoot root, long address) {
    MmuPage page = root.top(address);
    while (page != null) {
      page.used();
      int level = page.level();
      long sptep = page.sptep(PageLevel.index(address, level));
      page = SpteFormat.isTable(entries.read(sptep), level) ? entries.child(sptep) : null;
    }
  }

  // --- faults ---

  /** Zaps old pages if there are too many. */
  public void makeRoom(Cpu cpu) {
    zapper.makeRoom(cpu);
  }

  /** Maps under a direct root. */
  public FaultResult mapDirect(
      Cpu cpu,
      GuestFormat guest,
      ShadowRoot root,
      ShadowFault fault,
      int limit,
      boolean mayPrefetch) {
    return mapper.mapDirect(cpu, guest, root, fault, limit, mayPrefetch);
  }

  /** Maps under a root that shadows the guest's tables. */
  public FaultResult mapIndirect(
      Cpu cpu, GuestFormat guest, ShadowRoot root, ShadowFault fault, boolean mayPrefetch) {
    return mapper.mapIndirect(cpu, guest, root, fault, mayPrefetch);
  }

  /** Bytes of guest memory were written for the guest. */
  public void written(Cpu cpu, GuestFormat guest, long gpa, int size) {
    tableWrites.written(cpu, guest, gpa, size);
  }

  /** Zaps what shadows tables in a page, so that it can be written; whether there was anything. */
  public boolean unprotect(Cpu cpu, long gfn) {
    return tableWrites.unprotect(cpu, gfn);
  }

  // --- the host and the VMM ---

  /** Zaps the leaves of a range; returns whether a flush is owed. */
  public boolean zapLeaves(Cpu cpu, long firstGfn, long endGfn) {
    MemslotArray slots = memslots.current();
    boolean owesFlush = false;
    for (int i = 0; i < slots.size(); i++) {
      Memslot slot = slots.get(i);
      long first = Math.max(firstGfn, slot.baseGfn());
      long end = Math.min(endGfn, slot.endGfn());
      if (first < end) {
        owesFlush |= zapper.zapLeaves(cpu, slot, first, end);
      }
    }
    return owesFlush;
  }

  /** Which of two generations of pages is valid. */
  public int generation() {
    return tables.generation();
  }

  /** Makes all pages obsolete. */
  public void makeObsolete() {
    tables.newGeneration();
  }

  /** Zaps what is obsolete. May drop the lock for others. */
  public void zapObsolete(Cpu cpu) {
    zapper.zapObsolete(cpu);
  }

  /** Zaps everything, when the VM ends. */
  public void zapAll(Cpu cpu) {
    zapper.zapAll(cpu);
  }

  /** Sets how many pages may be kept, and recycles those beyond. */
  public void setLimit(Cpu cpu, int limit) {
    zapper.setLimit(cpu, limit);
  }

  /** How many pages there are. */
  public int pageCount() {
    return pages.size();
  }

  /** The protection that the dirty log asks for, page by page. */
  public LogProtection logProtection() {
    return log;
  }

  /** Protects all of a slot for the dirty log. */
  public void protectSlot(Cpu cpu, Memslot slot) {
    log.protectSlot(cpu, slot);
  }

  /** Write-protects a gfn for write tracking; returns whether a flush is owed. */
  public boolean writeProtect(Cpu cpu, long gfn) {
    Memslot slot = memslots.current().find(gfn);
    return slot != null && protection.track(cpu, slot, gfn);
  }

  /** Lets direct mappings of a slot become large again; returns whether a flush is owed. */
  public boolean recoverSlot(Cpu cpu, Memslot slot) {
    return zapper.zapCollapsible(cpu, slot, this::largestLevel);
  }

  private int largestLevel(Memslot slot, long gfn) {
    long page = slot.contains(gfn) ? hostPages.present(slot.hvn(gfn)) : HostPages.ABSENT;
    if (page == HostPages.ABSENT) {
      return PageLevel.LEVEL_4K;
    }
    int largest = Math.min(config.largestLevel(), HostPages.level(page));
    return slot.largePages().largestAllowed(gfn, largest);
  }

  /** Whether the range was used since the last call; forgets it. */
  public boolean clearYoung(Cpu cpu, long firstGfn, long endGfn) {
    return visit(cpu, firstGfn, endGfn, false);
  }

  /** Whether the range was used since the last {@link #clearYoung}. */
  public boolean testYoung(Cpu cpu, long firstGfn, long endGfn) {
    return visit(cpu, firstGfn, endGfn, true);
  }

  private boolean visit(Cpu cpu, long firstGfn, long endGfn, boolean onlyTest) {
    @Nullable Memslot slot = memslots.current().find(firstGfn);
    return slot != null && aging.visit(cpu, slot, firstGfn, endGfn, onlyTest);
  }

  /** What an audit looks into. */
  public ShadowAudit audit() {
    return audit;
  }

  /** Whether a role is that of a root of four entries. */
  public static boolean isPae(int role) {
    return Role.level(role) == PageLevel.LEVEL_1G;
  }
}
