package dev.gnomon.mmu;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.slot.ReverseMapHeads;
import dev.gnomon.mmu.slot.TrackedWrites;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.SpteText;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.table.ShadowPage;
import dev.gnomon.mmu.table.ShadowPages;
import dev.gnomon.mmu.tdp.TdpMmu;
import dev.gnomon.mmu.tdp.TdpRoot;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.NavigableSet;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Walks every table of a quiet MMU and checks what must hold between operations:
 *
 * <ul>
 *   <li>an entry is non-present, an MMIO mark, a table or a leaf; frozen ones only while someone
 *       works;
 *   <li>a table is known by its frame, has the level, gfn and role of its place, and is linked
 *       once;
 *   <li>a leaf's writable bits are one of the four that exist, no reserved bit is set, it lies in a
 *       slot, and maps what the host maps there, writable only if host and slot allow it;
 *   <li>a large leaf lies in its slot wholly, is allowed, and is not writable in a dirty-logged
 *       slot;
 *   <li>a writable page of a slot with a dirty bitmap is marked in it (by D, where D is logged);
 *   <li>a write-tracked gfn is not MMU-writable anywhere, nor is that of a table whose shadow is in
 *       step with it, in either MMU;
 *   <li>an MMIO mark bears its own gfn, and if it is of the current generation, no slot holds that;
 *   <li>pages by size and tables are as many as are counted.
 * </ul>
 */
final class Audit {
  private static final int SHADOW_PAGE_HEAP_BYTES = 120;

  private final PhysicalMemory memory;
  private final MmuConfig config;
  private final SpteFormat format;
  private final Memslots memslots;
  private final TdpMmu tdp;
  private final ShadowMmu shadow;
  private final ShadowPages pages;
  private final MmuLock mmuLock;
  private final HostPages hostPages;
  private final Statistics statistics;

  Audit(
      Platform platform,
      MmuConfig config,
      SpteFormat format,
      Memslots memslots,
      TdpMmu tdp,
      ShadowMmu shadow,
      ShadowPages pages,
      MmuLock mmuLock,
      HostPages hostPages,
      Statistics statistics) {
    this.memory = platform.memory();
    this.config = config;
    this.format = format;
    this.memslots = memslots;
    this.tdp = tdp;
    this.shadow = shadow;
    this.pages = pages;
    this.mmuLock = mmuLock;
    this.hostPages = hostPages;
    this.statistics = statistics;
  }

  /** One run's findings. */
  private static final class Findings {
    final List<String> violations = new ArrayList<>();
    final Set<Long> tables = new HashSet<>();
    final NavigableSet<Long> inStep;
    final long[] leaves = new long[PageLevel.LEVEL_1G + 1];

    Findings(NavigableSet<Long> inStep) {
      this.inStep = inStep;
    }

    void add(String violation) {
      violations.add(violation);
    }
  }

  /** Runs it, with every root of the shadow MMU that a vCPU has loaded or keeps. */
  List<String> run(Cpu cpu, List<ShadowRoot> shadowRoots) {
    List<TdpRoot> roots = tdp.acquireAllRoots(cpu);
    mmuLock.writeLock(cpu);
    Findings findings = new Findings(shadow.audit().gfnsInStep());
    MemslotArray slots = memslots.current();
    for (TdpRoot root : roots) {
      findings.tables.add(root.page().pfn());
      checkTable(cpu, findings, slots, root, root.page());
    }
    findings.violations.addAll(
        shadow
            .audit()
            .run(
                slots,
                shadowRoots,
                (spte, gfn, level) -> {
                  findings.leaves[level]++;
                  checkLeaf(findings, slots, spte, gfn, level);
                }));
    mmuLock.writeUnlock(cpu);
    for (TdpRoot root : roots) {
      tdp.releaseRoot(cpu, root);
    }
    checkCounts(cpu, findings);
    return findings.violations;
  }

  private void checkTable(
      Cpu cpu, Findings findings, MemslotArray slots, TdpRoot root, ShadowPage table) {
    int level = table.level();
    for (int i = 0; i < config.tableEntries(); i++) {
      long spte = memory.getLong(PhysicalMemory.hpa(table.pfn()) + 8L * i);
      long gfn = table.gfn() + i * PageLevel.frames(level);
      if (SpteFormat.isNonPresent(spte)) {
        continue;
      }
      if (format.isMmio(spte)) {
        checkMmio(findings, slots, spte, gfn, level);
      } else if (SpteFormat.isTable(spte, level)) {
        checkLink(cpu, findings, slots, root, spte, gfn, level);
      } else if (SpteFormat.isShadowPresent(spte)) {
        findings.leaves[level]++;
        checkLeaf(findings, slots, spte, gfn, level);
      } else {
        findings.add(at(gfn, level, spte) + " is in no state that may last");
      }
    }
  }

  private void checkLink(
      Cpu cpu,
      Findings findings,
      MemslotArray slots,
      TdpRoot root,
      long spte,
      long gfn,
      int level) {
    long pfn = SpteFormat.pfn(spte);
    ShadowPage table = pages.find(cpu, pfn);
    if (spte != format.table(pfn)) {
      findings.add(at(gfn, level, spte) + " has bits that no table entry has");
    }
    if (!findings.tables.add(pfn)) {
      findings.add(at(gfn, level, spte) + " links a table that is linked already");
    } else if (table == null) {
      findings.add(at(gfn, level, spte) + " points at a frame that is no table");
    } else if (table.gfn() != gfn || table.role() != Role.atLevel(root.page().role(), level - 1)) {
      findings.add(at(gfn, level, spte) + " points at " + table + ", which belongs elsewhere");
    } else {
      checkTable(cpu, findings, slots, root, table);
    }
  }

  private void checkMmio(Findings findings, MemslotArray slots, long spte, long gfn, int level) {
    if (level != PageLevel.LEVEL_4K || MmioSpte.gfn(format, spte) != gfn) {
      findings.add(at(gfn, level, spte) + " marks another gfn");
    }
    boolean isCurrent =
        MmioSpte.generation(spte) == (slots.generation() & MmioSpte.GENERATION_MASK);
    if (isCurrent && slots.find(gfn) != null) {
      findings.add(at(gfn, level, spte) + " marks MMIO in " + slots.find(gfn));
    }
  }

  private void checkLeaf(Findings findings, MemslotArray slots, long spte, long gfn, int level) {
    try {
      format.checkWritable(spte);
      format.checkReserved(spte, level);
    } catch (IllegalStateException violation) {
      findings.add(at(gfn, level, spte) + ": " + violation.getMessage());
    }
    @Nullable Memslot slot = slots.find(gfn);
    if (slot == null || slot.isInvalid()) {
      findings.add(at(gfn, level, spte) + " lies in no slot");
      return;
    }
    long page = hostPages.present(slot.hvn(gfn));
    if (page == HostPages.ABSENT || HostPages.pfn(page) != SpteFormat.pfn(spte)) {
      findings.add(at(gfn, level, spte) + " maps what the host does not map there");
    } else if (format.isHostWritable(spte) && (slot.isReadOnly() || !HostPages.isWritable(page))) {
      findings.add(at(gfn, level, spte) + " may be written, its memory may not");
    } else if (level > HostPages.level(page)) {
      findings.add(at(gfn, level, spte) + " is larger than the host's own mapping");
    }
    if (level > PageLevel.LEVEL_4K) {
      checkLarge(findings, slot, spte, gfn, level);
    } else {
      checkLogged(findings, slot, spte, gfn);
    }
    if (format.isMmuWritable(spte)
        && !findings.inStep.subSet(gfn, gfn + PageLevel.frames(level)).isEmpty()) {
      findings.add(at(gfn, level, spte) + " lets a table be written that is shadowed, in step");
    }
    TrackedWrites tracked = slot.trackedWrites();
    if (tracked != null && format.isMmuWritable(spte) && tracked.isTracked(gfn - slot.baseGfn())) {
      findings.add(at(gfn, level, spte) + " is writable although write-tracked");
    }
  }

  private void checkLarge(Findings findings, Memslot slot, long spte, long gfn, int level) {
    if (!slot.holdsPage(gfn, level)) {
      findings.add(at(gfn, level, spte) + " sticks out of " + slot);
    }
    if (level > config.largestLevel()) {
      findings.add(at(gfn, level, spte) + " is larger than allowed");
    }
    if (slot.isDirtyLogged() && SpteFormat.isWritable(spte) && !config.initiallySet()) {
      findings.add(at(gfn, level, spte) + " is large and writable in " + slot);
    }
    if (config.nxHugePages() && format.isExecutable(spte)) {
      findings.add(at(gfn, level, spte) + " is large and executable");
    }
  }

  private void checkLogged(Findings findings, Memslot slot, long spte, long gfn) {
    SharedWords bitmap = slot.dirtyBitmap();
    if (bitmap == null) {
      return;
    }
    boolean byDirtyBit = config.logsByDirtyBit() && !format.needsWriteProtectionForLog(spte);
    boolean mayHoldNews = SpteFormat.isWritable(spte) && (!byDirtyBit || format.isDirty(spte));
    long offset = gfn - slot.baseGfn();
    if (mayHoldNews && (bitmap.get((int) (offset >>> 6)) & 1L << offset) == 0) {
      findings.add(at(gfn, PageLevel.LEVEL_4K, spte) + " may be written unlogged in " + slot);
    }
  }

  private void checkCounts(Cpu cpu, Findings findings) {
    for (int level = PageLevel.LEVEL_4K; level <= PageLevel.LEVEL_1G; level++) {
      Stat stat = Statistics.pages(level);
      checkCount(findings, stat, statistics.sum(stat), findings.leaves[level]);
    }
    checkCount(
        findings,
        Stat.MMU_PAGE_TABLES,
        statistics.sum(Stat.MMU_PAGE_TABLES),
        findings.tables.size() + shadow.audit().pageCount());
    checkCount(
        findings, Stat.MMU_UNSYNC, statistics.sum(Stat.MMU_UNSYNC), shadow.audit().unsyncCount());
    if (pages.size(cpu) != findings.tables.size()) {
      findings.add(
          pages.size(cpu) + " tables are known, " + findings.tables.size() + " are linked");
    }
  }

  private static void checkCount(Findings findings, Stat stat, long counted, long found) {
    if (counted != found) {
      findings.add(stat.label() + " says " + counted + ", there are " + found);
    }
  }

  private String at(long gfn, int level, long spte) {
    return "gfn "
        + Long.toHexString(gfn)
        + " level "
        + level
        + ": "
        + SpteText.describe(format, spte, level);
  }

  /** Page tables, their bookkeeping, the slots' bitmaps and counts. */
  long overheadBytes(Cpu cpu) {
    long bytes =
        (pages.size(cpu) + shadow.audit().pageCount())
            * (long) (PhysicalMemory.FRAME_SIZE + SHADOW_PAGE_HEAP_BYTES);
    MemslotArray slots = memslots.current();
    for (int i = 0; i < slots.size(); i++) {
      Memslot slot = slots.get(i);
      SharedWords bitmap = slot.dirtyBitmap();
      ReverseMapHeads reverseMap = slot.reverseMap();
      bytes += reverseMap == null ? 0 : reverseMap.bytes();
      bytes += slot.largePages().bytes() + (bitmap == null ? 0 : 8L * bitmap.length());
    }
    return bytes;
  }
}
