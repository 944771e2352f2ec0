package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.make.SpteMaker;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.tlb.TlbFlusher;

/**
 * Puts a leaf, or an MMIO mark, where it belongs, whatever is there.
 *
 * <p>Under the MMU lock for writing.
 */
final class LeafInstaller {
  private final SpteFormat format;
  private final SpteMaker maker;
  private final PageStore pages;
  private final UnsyncMarks unsync;
  private final ShadowEntries entries;
  private final ShadowTables tables;
  private final TlbFlusher flusher;
  private final Tracepoints trace;

  LeafInstaller(
      Foundation base,
      SpteMaker maker,
      PageStore pages,
      UnsyncMarks unsync,
      ShadowEntries entries,
      ShadowTables tables) {
    format = base.format();
    this.maker = maker;
    this.pages = pages;
    this.unsync = unsync;
    this.entries = entries;
    this.tables = tables;
    flusher = base.flusher();
    trace = base.trace();
  }

  /** Makes an entry an MMIO mark. */
  void installMmio(Cpu cpu, MmuPage page, long sptep, long gfn, int access, long generation) {
    if (makeRoom(cpu, page, sptep, -1, gfn)) {
      flusher.flushAll(cpu);
    }
    entries.setMmio(cpu, sptep, gfn, generation, access, page.level());
  }

  /**
   * Installs a leaf.
   *
   * @param gfn any gfn that it maps
   * @param hostPage the host page behind that gfn
   * @return FIXED; SPURIOUS if it was there; WRITE_PROTECTED if it had to be made read-only because
   *     the guest has page tables in it
   */
  FaultResult install(
      Cpu cpu,
      Memslot slot,
      MmuPage page,
      long sptep,
      long gfn,
      long hostPage,
      int access,
      SpteMaker.Purpose purpose) {
    int level = page.level();
    long pfn = PageLevel.alignDown(HostPages.pfn(hostPage), level);
    long base = PageLevel.alignDown(gfn, level);
    boolean owesFlush = makeRoom(cpu, page, sptep, pfn, base);
    long old = entries.read(sptep);
    boolean wasMapped = SpteFormat.isShadowPresent(old);
    long spte = maker.make(cpu, slot, level, gfn, hostPage, old, page.role(), access, purpose);
    FaultResult result = FaultResult.FIXED;
    if (spte == old) {
      result = FaultResult.SPURIOUS;
    } else {
      if (wasMapped) {
        owesFlush |= entries.update(cpu, sptep, old, spte, level);
      } else {
        entries.set(cpu, sptep, spte, level);
      }
      trace.kvmMmuSetSpte(cpu, level, base, sptep, spte);
    }
    unsync.becameWritable();
    boolean wantsWrite = (access & Role.WRITE) != 0 && format.isHostWritable(spte);
    if (wantsWrite && !format.isMmuWritable(spte)) {
      result = FaultResult.WRITE_PROTECTED;
    }
    if (owesFlush) {
      flusher.flushAll(cpu);
    }
    if (wasMapped) {
      page.setTranslation(MmuPage.index(sptep), base, access);
    } else if (entries.map(cpu, slot, page, sptep, base, access)) {
      flusher.flushAll(cpu);
    }
    return result;
  }

  /**
   * Takes away what cannot stay: a table, a leaf of another frame, or a leaf of another gfn, which
   * may have the same frame where two slots show the guest the same memory; whether a flush is
   * owed.
   */
  private boolean makeRoom(Cpu cpu, MmuPage page, long sptep, long pfn, long gfn) {
    long old = entries.read(sptep);
    if (!SpteFormat.isShadowPresent(old)) {
      return false;
    }
    if (SpteFormat.isTable(old, page.level())) {
      tables.unlink(cpu, sptep, pages.at(SpteFormat.pfn(old)));
      return true;
    }
    if (SpteFormat.pfn(old) != pfn || page.gfnOf(MmuPage.index(sptep)) != gfn) {
      entries.drop(cpu, sptep);
      return true;
    }
    return false;
  }
}
