package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.Role;

/**
 * Pages that are local to one root of one vCPU: made when the root is loaded, freed when it is
 * dropped. They are in no hash, so no other root finds them, and no guest's table is behind them.
 * But they are linked to the pages below like any parent, so what is zapped below is unlinked, and
 * what is unsync below is known here.
 *
 * <p>Under the MMU lock for writing.
 */
final class LocalPages {
  private final PageStore pages;
  private final UnsyncMarks unsync;
  private final ShadowEntries entries;
  private final ShadowTables tables;
  private final PageFinder finder;
  private final ReadCopyUpdate rcu;

  LocalPages(ShadowStructures structures, PageFinder finder) {
    pages = structures.pages;
    unsync = structures.unsync;
    entries = structures.entries;
    tables = structures.tables;
    this.finder = finder;
    rcu = structures.base.rcu();
  }

  /**
   * Makes an empty page with one user.
   *
   * @param pfn of a frame whose entries are empty; the page's from now on
   * @param kind local, of either kind
   */
  MmuPage make(Cpu cpu, long pfn, int role, MmuPage.Kind kind) {
    UnsyncMarks.Place place = unsync.take();
    MmuPage page =
        new MmuPage(pfn, 0, role, tables.generation(), place.words(), place.index(), kind);
    pages.addLocal(cpu, page);
    tables.acquireRoot(page);
    return page;
  }

  /** Points an empty entry at the page of a gfn and a role, found or made. */
  void link(Cpu cpu, GuestFormat guest, MmuPage parent, int index, long gfn, int role) {
    tables.link(cpu, parent.sptep(index), finder.get(cpu, guest, gfn, role));
  }

  /** Takes the user away: frees the page, and the local ones below; those of others stay. */
  void release(Cpu cpu, MmuPage page) {
    page.rootCount--;
    for (int i = 0; i < ShadowRoot.QUARTERS; i++) {
      long sptep = page.sptep(i);
      long spte = entries.read(sptep);
      if (SpteFormat.isTable(spte, page.level())) {
        MmuPage child = pages.at(SpteFormat.pfn(spte));
        tables.unlink(cpu, sptep, child);
        if (child.isLocal()) {
          release(cpu, child);
        }
      }
    }
    pages.forget(cpu, page);
    unsync.giveBack(page);
    rcu.retire(cpu, page.pfn());
  }

  /** The role of the page below an entry of a local page of level 3. */
  static int quarterRole(MmuPage page, int index) {
    int quadrant = Role.hasFourByteEntries(page.role()) ? index : 0;
    return Role.ofQuarter(page.role(), PageLevel.LEVEL_2M, quadrant);
  }
}
