package dev.gnomon.machine.memory;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.OutOfFramesException;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.sync.Synchronization;

/**
 * The address space of one VMM process and the host's memory manager for it: anonymous memory that
 * holds zeros at first, is backed by pages of 4 KiB, 2 MiB or 1 GiB on demand, and can be taken
 * away again.
 *
 * <p><b>Protocol.</b> Whatever is done to a present page goes in rounds of these steps:
 *
 * <ol>
 *   <li>Make the entry busy, by compare-and-exchange from present and unpinned. From here on one
 *       CPU has the page to itself as far as the host is concerned: who resolves the page waits,
 *       and no one pins it.
 *   <li>{@link PageUser#invalidateStart}: the user unmaps the page, flushes, and reports its dirt.
 *   <li>Now no one can write the page. Only here is its dirt looked at and cleared: dirt that is
 *       cleared earlier may be that of a write yet to come.
 *   <li>Write it out, copy it, whatever is to be done.
 *   <li>Store the entry's new value, which ends the busy state.
 *   <li>{@link PageUser#invalidateEnd}.
 *   <li>Free the frame.
 * </ol>
 *
 * <p>The user maps a page so: remember the number of invalidations, {@link #resolve}, take its
 * lock, give up if an invalidation of the page is in progress or the number has changed, map, drop
 * the lock. If its resolve read the entry before step 1, then it takes its lock before step 2,
 * which unmaps what it maps; or between 2 and 6, when the invalidation is in progress; or after 6,
 * when the number, remembered before step 1, has changed. If it read the entry after step 5, the
 * answer is the new page. In between it waits. What this rests on: the old page cannot be resolved
 * any more when step 6 ends. Step 1 comes first so that eviction, moving, unmapping and the VMM
 * exclude each other.
 *
 * <p>To unmap or protect a range, it is invalidated as one, and steps 1 and 5 are done for each
 * page before the invalidation ends. Its frames may be free before a user that resolved them gives
 * up; it has not touched them.
 *
 * <p>The VMM's own accesses go through a pin instead, a count in the entry, which keeps step 1 from
 * happening. Who pins must not wait for anything before the pin is off.
 *
 * <p><b>Swap.</b> A page that was read back keeps its slot, and while it is clean the slot is its
 * copy: evicting it again writes nothing. A page that never was dirty has no slot and is dropped;
 * touched again it holds zeros. So a report of dirt that gets lost loses data.
 *
 * <p>Any CPU may call anything at any time, unless a method says otherwise. Who calls must not hold
 * a lock that the {@link PageUser} takes.
 */
public final class HostAddressSpace extends HostPages {

  /** The host-virtual frame after the last. */
  static final long END = HostPageTable.END;

  private static final int HVN_BITS = Long.numberOfTrailingZeros(END);

  private final PhysicalMemory memory;
  private final HostFrames frames;
  private final HostPageTable table;
  private final Regions regions;
  private final PageCounts counts;
  private final PageIn pageIn;
  private final PageOut pageOut;

  /**
   * Makes an empty address space, and allocates its root table.
   *
   * @param cpu whoever is executing
   * @param frames the allocator of the platform's memory
   * @throws OutOfFramesException if there is no frame
   */
  public HostAddressSpace(
      Cpu cpu,
      Platform platform,
      Synchronization synchronization,
      HostFrames frames,
      SwapSpace swap) {
    memory = platform.memory();
    this.frames = frames;
    regions = new Regions(platform, synchronization);
    counts = new PageCounts(platform);
    long root = frames.allocate(cpu);
    memory.fill(root, HostPte.EMPTY);
    table = new HostPageTable(memory, frames, root);
    pageIn = new PageIn(memory, frames, table, regions, swap, counts);
    pageOut = new PageOut(memory, frames, table, swap, counts);
  }

  /** Says who maps the pages. To be called before any CPU uses the address space. */
  public void setUser(PageUser user) {
    pageOut.setUser(user);
  }

  /**
   * Maps anonymous, writable memory where nothing ever was mapped before: an address that is no
   * longer valid does not become so again.
   *
   * @param level the largest page to back it with, 1 to 3; where there is no such page, a smaller
   *     one
   * @return the first host-virtual frame, aligned to that level
   * @throws InputException if the address space is used up
   * @throws IllegalArgumentException if {@code frames} is not positive, or the level is none
   */
  public long map(Cpu cpu, long frames, int level) {
    if (frames <= 0 || level < 1 || level > 3) {
      throw new IllegalArgumentException(frames + " frames at level " + level);
    }
    regions.lock(cpu);
    Region region = regions.add(frames, level);
    regions.unlock(cpu);
    if (region == null) {
      throw new InputException(
          "no room for " + (frames >>> 8) + " MiB in the 256 TiB of a host address space");
    }
    return region.first();
  }

  /** Unmaps a range and frees what is behind it. Parts that are not mapped do not matter. */
  public void unmap(Cpu cpu, long firstHvn, long count) {
    long end = checkedEnd(firstHvn, count);
    regions.lock(cpu);
    regions.remove(firstHvn, end);
    regions.unlock(cpu);
    pageOut.discard(cpu, firstHvn, end);
  }

  /** Makes a range read-only, or writable again. Parts that are not mapped do not matter. */
  public void protect(Cpu cpu, long firstHvn, long count, boolean isWritable) {
    long end = checkedEnd(firstHvn, count);
    regions.lock(cpu);
    regions.setWritable(firstHvn, end, isWritable);
    regions.unlock(cpu);
    pageOut.protect(cpu, firstHvn, end, isWritable);
  }

  /**
   * {@inheritDoc}
   *
   * <p>Whether it is for a write makes no difference: a page that may be written is always given as
   * such, and one that may not is given as that.
   */
  @Override
  public long resolve(Cpu cpu, long hvn, boolean forWrite) {
    if (hvn >>> HVN_BITS != 0) {
      return ABSENT;
    }
    long pte = table.get(table.find(hvn));
    if (!HostPte.isPresent(pte)) {
      pte = pageIn.bring(cpu, hvn);
      if (pte == HostPte.EMPTY) {
        return ABSENT;
      }
    }
    return HostPte.page(pte, hvn);
  }

  @Override
  public long present(long hvn) {
    if (hvn >>> HVN_BITS != 0) {
      return ABSENT;
    }
    long pte = table.get(table.find(hvn));
    return HostPte.isPresent(pte) ? HostPte.page(pte, hvn) : ABSENT;
  }

  @Override
  public void markDirty(long pfn) {
    frames.mark(pfn, HostFrames.DIRTY);
  }

  @Override
  public void markAccessed(long pfn) {
    frames.mark(pfn, HostFrames.ACCESSED);
  }

  /**
   * Keeps a page where it is, making it present first if need be, until {@link #unpin}. Meant to be
   * short: whoever wants to change the page waits, or passes it over.
   *
   * @return the packed page
   * @throws IllegalArgumentException if nothing is mapped there
   * @throws IllegalStateException if it is for a write, and the page may not be written
   */
  public long pin(Cpu cpu, long hvn, boolean forWrite) {
    for (; ; ) {
      if (resolve(cpu, hvn, forWrite) == ABSENT) {
        throw new IllegalArgumentException("nothing is mapped at hvn %x".formatted(hvn));
      }
      long place = table.find(hvn);
      long pte = table.get(place);
      if (HostPte.isPresent(pte)) {
        if (forWrite && !HostPte.isWritable(pte)) {
          throw new IllegalStateException("the page at hvn %x is read-only".formatted(hvn));
        }
        if (HostPte.isPinnedFully(pte)) {
          table.awaitChange(cpu, place, pte);
        } else if (table.compareAndSet(place, pte, pte + HostPte.PIN)) {
          return HostPte.page(pte, hvn);
        }
      }
      // Whether it was present and is not, or is another than it was a moment ago: someone got on.
    }
  }

  /** Ends a {@link #pin}, and says whether the page was written meanwhile. */
  public void unpin(Cpu cpu, long hvn, boolean isWritten) {
    long place = table.find(hvn);
    long pte = table.get(place);
    if (!HostPte.isPinned(pte)) {
      throw new IllegalStateException("the page at hvn %x is not pinned".formatted(hvn));
    }
    long pfn = pfn(HostPte.page(pte, hvn));
    markAccessed(pfn);
    if (isWritten) {
      markDirty(pfn);
    }
    table.getAndAdd(place, -HostPte.PIN);
  }

  /**
   * Reads memory as the VMM does.
   *
   * @param hva the host-virtual address of the first byte
   * @throws IllegalArgumentException if some of it is not mapped
   */
  public void read(Cpu cpu, long hva, byte[] into, int offset, int length) {
    for (int done = 0; done < length; ) {
      long at = hva + done;
      int part = Math.min(length - done, restOfFrame(at));
      long page = pin(cpu, PhysicalMemory.pfn(at), false);
      try {
        memory.read(hpa(page, at), into, offset + done, part);
      } finally {
        unpin(cpu, PhysicalMemory.pfn(at), false);
      }
      done += part;
    }
  }

  /**
   * Writes memory as the VMM does. The guest's dirty log is the caller's business.
   *
   * @param hva the host-virtual address of the first byte
   * @throws IllegalArgumentException if some of it is not mapped
   * @throws IllegalStateException if some of it is read-only
   */
  public void write(Cpu cpu, long hva, byte[] from, int offset, int length) {
    for (int done = 0; done < length; ) {
      long at = hva + done;
      int part = Math.min(length - done, restOfFrame(at));
      long page = pin(cpu, PhysicalMemory.pfn(at), true);
      try {
        memory.write(hpa(page, at), from, offset + done, part);
      } finally {
        unpin(cpu, PhysicalMemory.pfn(at), true);
      }
      done += part;
    }
  }

  /**
   * Moves a page, whatever its size, to other frames, as the host does when it compacts memory.
   *
   * @return false if it is not present, in use, or there is no run of frames for it
   * @throws OutOfFramesException if there is no frame for a small one
   */
  public boolean migratePage(Cpu cpu, long hvn) {
    return pageOut.move(cpu, hvn);
  }

  /**
   * Writes a page out if it is dirty, and keeps it: {@link #startWriteBack} and {@link
   * #finishWriteBack}.
   *
   * @return false if it is not present, or in use
   * @throws InputException if the swap space is full, or fails; the page then stays dirty
   */
  public boolean writeBack(Cpu cpu, long hvn) {
    boolean isStarted = startWriteBack(cpu, hvn);
    if (isStarted) {
      finishWriteBack(cpu, hvn);
    }
    return isStarted;
  }

  /**
   * The first half of writing a page out: its user forgets it. A large page is split first. The
   * page is saved here, while no one maps it, unless its user {@link
   * PageUser#reportsDirtWhenItForgets}.
   *
   * @return false if it is not present, or in use
   */
  public boolean startWriteBack(Cpu cpu, long hvn) {
    makeSmall(cpu, hvn);
    return pageOut.writeBack(cpu, hvn);
  }

  /** The second half: the page is saved, which may be mapped again by now. */
  public void finishWriteBack(Cpu cpu, long hvn) {
    if (pageOut.mayCleanMapped()) {
      cleanMapped(cpu, hvn);
    }
  }

  private void cleanMapped(Cpu cpu, long hvn) {
    if (HostPte.level(table.get(table.find(hvn))) == 1) {
      long page = pin(cpu, hvn, false);
      try {
        if (level(page) == 1) {
          pageOut.cleanMapped(cpu, pfn(page));
        }
      } finally {
        unpin(cpu, hvn, false);
      }
    }
  }

  /**
   * Takes a page out of memory, whether or not it was used lately. A large page is split first.
   *
   * @return false if it is not present, or in use
   * @throws InputException if the swap space is full, or fails; the page then stays
   */
  public boolean evict(Cpu cpu, long hvn) {
    makeSmall(cpu, hvn);
    return pageOut.evict(cpu, hvn);
  }

  private void makeSmall(Cpu cpu, long hvn) {
    while (pageOut.split(cpu, hvn)) {
      // A part of a 1 GiB page is a 2 MiB page.
    }
  }

  /**
   * Looks at the first page at or after {@code hvn} as a reclaimer does: one that was used lately
   * is left alone, a large one is split, any other evicted.
   *
   * @return the host-virtual frame to go on from, negated if a page was evicted; {@link #END} if
   *     there is no page left
   */
  long reclaimNext(Cpu cpu, long hvn) {
    long end = regions.end();
    long at = table.next(hvn, end);
    if (at >= end) {
      return END;
    }
    long place = table.find(at);
    long pte = table.get(place);
    long after = (at & -HostPageTable.span(place)) + HostPageTable.span(place);
    if (!HostPte.isPresent(pte) || HostPte.isPinned(pte) || pageOut.clearYoung(cpu, at, pte)) {
      return after;
    }
    if (HostPte.level(pte) > 1) {
      return pageOut.split(cpu, at) ? at : after;
    }
    return pageOut.evict(cpu, at) ? -after : after;
  }

  /**
   * How many frames are behind pages now. This count and the others are exact while nothing
   * changes.
   */
  public long residentPages() {
    return counts.sum(PageCounts.Kind.RESIDENT);
  }

  /** How many 4 KiB pages were ever touched and are still mapped, resident or not. */
  public long touchedPages() {
    return counts.sum(PageCounts.Kind.TOUCHED);
  }

  /**
   * The first page at or after {@code firstHvn} that was ever touched, resident or not; what lies
   * before it holds zeros. Passes over what was never touched in steps as large as its tables, and
   * makes nothing present.
   *
   * @return its host-virtual frame, or {@code endHvn} if there is none before that
   */
  public long nextTouched(long firstHvn, long endHvn) {
    return table.next(firstHvn, checkedEnd(firstHvn, endHvn - firstHvn));
  }

  /** How many pages were evicted. */
  public long evicted() {
    return counts.sum(PageCounts.Kind.EVICTED);
  }

  /** How many pages were brought back after they had been evicted, from a slot or as zeros. */
  public long refaulted() {
    return counts.sum(PageCounts.Kind.REFAULTED);
  }

  /** How many pages were written to the swap space. */
  public long writtenOut() {
    return counts.sum(PageCounts.Kind.WRITTEN_OUT);
  }

  /** How many pages were evicted without a write, being clean. */
  public long droppedClean() {
    return counts.sum(PageCounts.Kind.DROPPED_CLEAN);
  }

  /** How many large pages were split. */
  public long splits() {
    return counts.sum(PageCounts.Kind.SPLIT);
  }

  // --- for one who looks on while nothing runs ---

  /** Whether the word at an hpa is the entry that says what backs a host-virtual frame. */
  public boolean isEntry(long hpa, long hvn) {
    return (table.find(hvn) & -Long.BYTES) == hpa;
  }

  /** An entry of the host's page table in words: {@code pfn 45}, {@code busy (CPU 2)}. */
  public static String describeEntry(long pte) {
    return HostPte.describe(pte);
  }

  /** Whether an entry of the host's page table points at a lower table. */
  public static boolean isTable(long pte) {
    return HostPte.isTable(pte);
  }

  /** The first frame that an entry of the host's page table maps, or -1 if it maps none. */
  public static long pfnOfEntry(long pte) {
    return HostPte.isPresent(pte) ? HostPte.pfn(pte) : -1;
  }

  /** What backs a host-virtual frame, in words. */
  public String describe(long hvn) {
    return HostPte.describe(table.get(table.find(hvn)));
  }

  private static int restOfFrame(long address) {
    return PhysicalMemory.FRAME_SIZE - (int) (address & PhysicalMemory.FRAME_SIZE - 1);
  }

  private static long hpa(long page, long hva) {
    return PhysicalMemory.hpa(pfn(page)) + (hva & PhysicalMemory.FRAME_SIZE - 1);
  }

  private static long checkedEnd(long firstHvn, long count) {
    if (firstHvn < 0 || count < 0 || count > END - firstHvn) {
      throw new IllegalArgumentException("%d frames from hvn %x".formatted(count, firstHvn));
    }
    return firstHvn + count;
  }
}
