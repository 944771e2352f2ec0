package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.Role;

/**
 * What follows from an emulated write to a guest's table that is shadowed: the entries that stand
 * for the bytes written are dropped. A table that is written again and again without being used, or
 * in a way in which tables are not written, is probably a table no longer: its pages are zapped.
 *
 * <p>Four bytes written by a vCPU that has CR4.PAE set are taken for half an entry: they never
 * count as a write that crosses entries, whatever their place.
 *
 * <p>Under the MMU lock for writing.
 */
final class TableWrites {
  private static final int FLOOD = 3;
  private static final int SMALLEST_ENTRY = 4;

  private final PageStore pages;
  private final ShadowEntries entries;
  private final ShadowTables tables;
  private final Statistics statistics;

  TableWrites(Foundation base, PageStore pages, ShadowEntries entries, ShadowTables tables) {
    this.pages = pages;
    this.entries = entries;
    this.tables = tables;
    statistics = base.statistics();
  }

  /**
   * Takes note of {@code size} bytes that were written at a gpa, within one page.
   *
   * @param guest how the vCPU that wrote them pages
   */
  void written(Cpu cpu, GuestFormat guest, long gpa, int size) {
    if (pages.indirect() == 0) {
      return;
    }
    statistics.count(cpu, Stat.MMU_PTE_WRITE);
    int offset = (int) gpa & 0xfff;
    boolean isHalf = size == Integer.BYTES && guest.hasEightByteEntries();
    int first = isHalf ? offset & -Long.BYTES : offset;
    int bytes = isHalf ? Long.BYTES : size;
    ZapBatch batch = new ZapBatch();
    boolean owesFlush = false;
    for (MmuPage page : pages.indirectOfGfn(gpa >>> 12)) {
      if (tables.isObsolete(page)) {
        continue;
      }
      if (isOdd(page, first, bytes) || isFlooded(page)) {
        tables.zap(cpu, page, batch);
        statistics.count(cpu, Stat.MMU_FLOODED);
      } else {
        owesFlush |= dropWritten(cpu, page, offset);
        if (isHalf && offset + size > first + bytes) {
          owesFlush |= dropWritten(cpu, page, first + bytes);
        }
      }
    }
    tables.commitOrFlush(cpu, batch, owesFlush);
  }

  /** Zaps what shadows tables in a page: it is probably none. Whether there was anything. */
  boolean unprotect(Cpu cpu, long gfn) {
    ZapBatch batch = new ZapBatch();
    for (MmuPage page : pages.indirectOfGfn(gfn)) {
      if (!tables.isObsolete(page)) {
        tables.zap(cpu, page, batch);
      }
    }
    boolean hasZapped = batch.size() > 0;
    tables.commit(cpu, batch);
    return hasZapped;
  }

  /** Whether a write crosses an entry, or is too small for one; single aligned bytes are usual. */
  private static boolean isOdd(MmuPage page, int offset, int size) {
    int entry = Role.hasFourByteEntries(page.role()) ? 4 : 8;
    if (size == 1 && offset % entry == 0) {
      return false;
    }
    return offset / entry != (offset + size - 1) / entry || size < SMALLEST_ENTRY;
  }

  private static boolean isFlooded(MmuPage page) {
    return page.level() > 1 && page.countWrite() >= FLOOD;
  }

  /** Drops what stands for the entry at an offset in the guest's table; whether a flush is owed. */
  private boolean dropWritten(Cpu cpu, MmuPage page, int offset) {
    int first = offset / 8;
    int count = 1;
    if (Role.hasFourByteEntries(page.role())) {
      boolean isDirectory = page.level() == 2;
      int index = offset / 4;
      // A directory entry of 4 MiB is two entries of 2 MiB, four pages of which make a directory.
      int shadowIndex = isDirectory ? index * 2 : index;
      if (shadowIndex / 512 != Role.quadrant(page.role())) {
        return false;
      }
      first = shadowIndex % 512;
      count = isDirectory ? 2 : 1;
    }
    boolean owesFlush = false;
    for (int i = first; i < first + count; i++) {
      long sptep = page.sptep(i);
      owesFlush |= SpteFormat.isShadowPresent(entries.read(sptep));
      tables.dropEntry(cpu, page, sptep);
    }
    return owesFlush;
  }
}
