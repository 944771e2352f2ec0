package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.make.SpteMaker;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.Role;
import org.jspecify.annotations.Nullable;

/**
 * Maps the neighbours of a page that was just mapped: the aligned group of eight entries around it,
 * at level 1 only. A prefetched leaf looks unused, and never makes a page unsync. What the host
 * could not write at once is not prefetched, nor read-only memory.
 *
 * <p>Under the MMU lock for writing, and not while the host is taking memory away.
 */
final class Prefetcher {
  private static final int GROUP = 8;

  private final SpteFormat format;
  private final Memslots memslots;
  private final HostPages hostPages;
  private final GuestTables guestTables;
  private final ShadowEntries entries;
  private final LeafInstaller installer;

  Prefetcher(
      Foundation base, GuestTables guestTables, ShadowEntries entries, LeafInstaller installer) {
    format = base.format();
    memslots = base.memslots();
    hostPages = base.hostPages();
    this.guestTables = guestTables;
    this.entries = entries;
    this.installer = installer;
  }

  /**
   * Prefetches around an entry that was just mapped.
   *
   * @param guest how the guest pages, for an indirect page
   */
  void prefetch(Cpu cpu, GuestFormat guest, MmuPage page, long sptep) {
    if (page.level() > 1) {
      return;
    }
    if (!page.isDirect()) {
      prefetchIndirect(cpu, guest, page, sptep);
    } else if (format.hasAccessedDirty() && !Role.isAdDisabled(page.role())) {
      prefetchDirect(cpu, page, sptep);
    }
  }

  /** Present entries are passed over; the first that cannot be mapped ends it. */
  private void prefetchIndirect(Cpu cpu, GuestFormat guest, MmuPage page, long sptep) {
    int first = MmuPage.index(sptep) & -GROUP;
    MemslotArray slots = memslots.current();
    // The group's entries in the guest's table lie in one page.
    long gpa = guest.gpaOfEntry(page, first);
    Memslot tableSlot = GuestTables.visibleSlot(slots, gpa >>> 12);
    long hpa = tableSlot == null ? -1 : guestTables.hpa(tableSlot, gpa);
    for (int i = first; hpa >= 0 && i < first + GROUP; i++) {
      long neighbour = page.sptep(i);
      if (neighbour == sptep || SpteFormat.isShadowPresent(entries.read(neighbour))) {
        continue;
      }
      long entry = hpa + (long) (i - first) * guest.entryBytes();
      if (!prefetchOne(cpu, guest, slots, page, i, entry)) {
        return;
      }
    }
  }

  private boolean prefetchOne(
      Cpu cpu, GuestFormat guest, MemslotArray slots, MmuPage page, int index, long entry) {
    long gpte = guestTables.read(entry, guest.entryBytes());
    if (!PageSync.isUsable(guest, gpte)) {
      entries.drop(cpu, page.sptep(index));
      return false;
    }
    int own = guest.ownAccess(gpte);
    int access = guest.withoutCleanWrite(Role.access(page.role()) & own, gpte);
    long gfn = guest.gfnOfPage(gpte);
    Memslot slot = GuestTables.visibleSlot(slots, gfn);
    return isPrefetched(slot, access) && installOne(cpu, slot, page, index, gfn, access);
  }

  private static boolean isPrefetched(@Nullable Memslot slot, int access) {
    return slot != null
        && !slot.isReadOnly()
        && !(slot.isDirtyLogged() && (access & Role.WRITE) != 0);
  }

  /** Each run of absent entries of the group is mapped; one that cannot be at all ends it. */
  private void prefetchDirect(Cpu cpu, MmuPage page, long sptep) {
    int mapped = MmuPage.index(sptep);
    int end = (mapped & -GROUP) + GROUP;
    int start = mapped & -GROUP;
    for (int i = start; i <= end; i++) {
      boolean isAbsent =
          i < end && i != mapped && !SpteFormat.isShadowPresent(entries.read(page.sptep(i)));
      if (!isAbsent) {
        if (start < i && !prefetchRun(cpu, page, start, i)) {
          return;
        }
        start = i + 1;
      }
    }
  }

  /** Maps a run of absent entries, up to the first that the host has no page for. */
  private boolean prefetchRun(Cpu cpu, MmuPage page, int start, int end) {
    int access = Role.access(page.role());
    long gfn = page.gfnOf(start);
    Memslot slot = GuestTables.visibleSlot(memslots.current(), gfn);
    if (!isPrefetched(slot, access) || gfn + end - start > slot.endGfn()) {
      return false;
    }
    int next = start;
    while (next < end && installOne(cpu, slot, page, next, page.gfnOf(next), access)) {
      next++;
    }
    return next > start;
  }

  /** Only what the host may write at once, also where the guest may not. */
  private boolean installOne(Cpu cpu, Memslot slot, MmuPage page, int index, long gfn, int access) {
    long hostPage = hostPages.present(slot.hvn(gfn));
    if (hostPage == HostPages.ABSENT || !HostPages.isWritable(hostPage)) {
      return false;
    }
    SpteMaker.Purpose purpose = SpteMaker.Purpose.PREFETCH;
    installer.install(cpu, slot, page, page.sptep(index), gfn, hostPage, access, purpose);
    return true;
  }
}
