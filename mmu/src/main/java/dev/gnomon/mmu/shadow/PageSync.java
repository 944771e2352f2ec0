package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.make.SpteMaker;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.Role;
import java.util.List;

/**
 * Brings unsync pages into step with the guest's tables.
 *
 * <p>A full sync goes by batches. Of each it first protects the tables of all pages and flushes,
 * then takes their marks away, then compares: so a write that races with it makes its page unsync
 * again, and is not lost. Only when a page has been compared do those above it say that they lead
 * to it no more: that is what a vCPU looks at which flushes meanwhile. A single page, or a single
 * entry, is compared without protecting its table, and stays unsync.
 *
 * <p>Under the MMU lock for writing.
 */
final class PageSync {
  private final SpteFormat format;
  private final Memslots memslots;
  private final GuestTables guestTables;
  private final SpteMaker maker;
  private final UnsyncMarks unsync;
  private final ShadowEntries entries;
  private final ShadowTables tables;
  private final WriteProtection protection;
  private final int entriesUsed;

  PageSync(
      Foundation base,
      GuestTables guestTables,
      SpteMaker maker,
      UnsyncMarks unsync,
      ShadowEntries entries,
      ShadowTables tables,
      WriteProtection protection) {
    format = base.format();
    memslots = base.memslots();
    this.guestTables = guestTables;
    this.maker = maker;
    this.unsync = unsync;
    this.entries = entries;
    this.tables = tables;
    this.protection = protection;
    entriesUsed = base.config().tableEntries();
  }

  /** What became of a comparison. */
  enum Result {
    SAME,
    /** Something was taken away: what TLBs hold of it must go before the lock is dropped. */
    CHANGED,
    /** The table cannot be read, or the page belongs to another mode: it is of no use. */
    FAILED
  }

  /** Brings everything below a root, and the root, into step. */
  void syncAll(Cpu cpu, GuestFormat guest, MmuPage top) {
    ZapBatch batch = new ZapBatch();
    boolean owesFlush = false;
    while (UnsyncMarks.hasUnsync(top)) {
      List<MmuPage> below = unsync.batchBelow(top, entries::child);
      boolean hasProtected = false;
      for (MmuPage page : below) {
        hasProtected |= protect(cpu, page);
      }
      if (hasProtected) {
        tables.commitOrFlush(cpu, batch, true);
        owesFlush = false;
      }
      for (MmuPage page : below) {
        tables.tellSync(cpu, page);
        unsync.compares(page);
        owesFlush |= syncOrZap(cpu, guest, page, batch) == Result.CHANGED;
        unsync.compared(page);
      }
    }
    tables.commitOrFlush(cpu, batch, owesFlush);
  }

  private boolean protect(Cpu cpu, MmuPage page) {
    Memslot slot = memslots.current().find(page.gfn());
    return slot != null && protection.track(cpu, slot, page.gfn());
  }

  /** Compares a page with the guest's table; one that cannot be is zapped into {@code batch}. */
  Result syncOrZap(Cpu cpu, GuestFormat guest, MmuPage page, ZapBatch batch) {
    Result result = sync(cpu, guest, page);
    if (result == Result.FAILED) {
      tables.zap(cpu, page, batch);
    }
    return result;
  }

  private Result sync(Cpu cpu, GuestFormat guest, MmuPage page) {
    if (!Role.areOfOneMode(page.role(), guest.rootRole())) {
      return Result.FAILED;
    }
    Result result = Result.SAME;
    for (int i = 0; i < entriesUsed; i++) {
      Result one = syncEntry(cpu, guest, page, i);
      if (one == Result.FAILED) {
        return one;
      }
      result = one == Result.CHANGED ? one : result;
    }
    return result;
  }

  /** Compares one entry of a level-1 page. */
  Result syncEntry(Cpu cpu, GuestFormat guest, MmuPage page, int index) {
    long sptep = page.sptep(index);
    long spte = entries.read(sptep);
    if (format.isEmpty(spte)) {
      return Result.SAME;
    }
    MemslotArray slots = memslots.current();
    long gpa = guest.gpaOfEntry(page, index);
    Memslot tableSlot = GuestTables.visibleSlot(slots, gpa >>> 12);
    long hpa = tableSlot == null ? -1 : guestTables.hpa(tableSlot, gpa);
    if (hpa < 0) {
      return Result.FAILED;
    }
    long gpte = guestTables.read(hpa, guest.entryBytes());
    if (!isUsable(guest, gpte)) {
      entries.drop(cpu, sptep);
      return Result.CHANGED;
    }
    long gfn = guest.gfnOfPage(gpte);
    int access = guest.withoutCleanWrite(Role.access(page.role()) & guest.ownAccess(gpte), gpte);
    if (format.isMmio(spte)) {
      boolean isStillMmio = MmioSpte.gfn(format, spte) == gfn && slots.find(gfn) == null;
      if (isStillMmio && !memslots.isExchanging()) {
        entries.setMmio(cpu, sptep, gfn, slots.generation(), access, page.level());
      } else {
        entries.clearUntracked(cpu, sptep, format.nonPresent(), page.level());
      }
      return Result.SAME;
    }
    if (gfn != page.gfnOf(index)) {
      entries.drop(cpu, sptep);
      return Result.CHANGED;
    }
    if (access == page.accessOf(index)) {
      return Result.SAME;
    }
    return changeAccess(cpu, slots, page, index, spte, gfn, access);
  }

  /** Whether a guest's entry may have an entry of ours: it is present, used, and well-formed. */
  static boolean isUsable(GuestFormat guest, long gpte) {
    return guest.isPresent(gpte) && guest.isAccessed(gpte) && !guest.hasReservedBit(gpte, 1);
  }

  private Result changeAccess(
      Cpu cpu, MemslotArray slots, MmuPage page, int index, long spte, long gfn, int access) {
    page.setTranslation(index, gfn, access);
    Memslot slot = slots.find(gfn);
    if (slot == null) {
      throw new IllegalStateException("no slot holds gfn " + Long.toHexString(gfn));
    }
    long hostPage = HostPages.page(SpteFormat.pfn(spte), 1, format.isHostWritable(spte));
    long updated =
        maker.make(cpu, slot, 1, gfn, hostPage, spte, page.role(), access, SpteMaker.Purpose.SYNC);
    boolean owesFlush = entries.update(cpu, page.sptep(index), spte, updated, 1);
    return owesFlush ? Result.CHANGED : Result.SAME;
  }
}
