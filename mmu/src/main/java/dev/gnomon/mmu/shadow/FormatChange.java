package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.Role;

/**
 * Drops what no longer follows from the guest's tables when the guest pages in another way: with
 * CR4.PSE, EFER.NXE or long mode changed, the same entry may be a table where it was a page, or
 * have a reserved bit where it had none. Pages are told apart by their role, which says nothing of
 * these three.
 *
 * <p>Under the MMU lock for writing.
 */
final class FormatChange {
  private final Memslots memslots;
  private final GuestTables guestTables;
  private final PageStore pages;
  private final ShadowEntries entries;
  private final ShadowTables tables;
  private final SpteFormat format;
  private final int entriesUsed;

  FormatChange(
      Foundation base,
      GuestTables guestTables,
      PageStore pages,
      ShadowEntries entries,
      ShadowTables tables) {
    memslots = base.memslots();
    format = base.format();
    entriesUsed = base.config().tableEntries();
    this.guestTables = guestTables;
    this.pages = pages;
    this.entries = entries;
    this.tables = tables;
  }

  /** Looks at every entry of every page that a guest which pages so can use. */
  void changed(Cpu cpu, GuestFormat guest) {
    boolean owesFlush = false;
    for (MmuPage page = pages.newest(); page != null; page = page.older) {
      boolean isUsed =
          !page.isDirect()
              && Role.isGuestMode(page.role()) == Role.isGuestMode(guest.rootRole())
              && Role.hasFourByteEntries(page.role()) == (guest.entryBytes() == Integer.BYTES)
              && page.level() <= guest.mode().levels();
      for (int i = 0; isUsed && i < entriesUsed; i++) {
        long spte = entries.read(page.sptep(i));
        if (!format.isEmpty(spte) && !isStillMeant(guest, page, i, spte)) {
          tables.dropEntry(cpu, page, page.sptep(i));
          owesFlush = true;
        }
      }
    }
    tables.commitOrFlush(cpu, new ZapBatch(), owesFlush);
  }

  private boolean isStillMeant(GuestFormat guest, MmuPage page, int index, long spte) {
    long gpa = gpaOfEntry(guest, page, index);
    Memslot slot = GuestTables.visibleSlot(memslots.current(), gpa >>> 12);
    long hpa = slot == null ? -1 : guestTables.hpa(slot, gpa);
    if (hpa < 0) {
      return false;
    }
    long gpte = guestTables.read(hpa, guest.entryBytes());
    int level = page.level();
    boolean isTable = SpteFormat.isTable(spte, level) && !pages.at(SpteFormat.pfn(spte)).isDirect();
    return !guest.hasReservedBit(gpte, level) && guest.isLeaf(gpte, level) != isTable;
  }

  /** An entry of a directory of 4-byte entries has two of ours. */
  private static long gpaOfEntry(GuestFormat guest, MmuPage page, int index) {
    if (page.level() > 1 && Role.hasFourByteEntries(page.role())) {
      int first = Role.quadrant(page.role()) * (PageLevel.ENTRIES / 2);
      return (page.gfn() << 12) + (first + index / 2) * (long) Integer.BYTES;
    }
    return guest.gpaOfEntry(page, index);
  }
}
