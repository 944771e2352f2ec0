package dev.gnomon.mmu.dirty;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.tlb.Requests;
import dev.gnomon.mmu.tlb.TlbFlusher;
import org.jspecify.annotations.Nullable;

/**
 * What the VMM does with the dirty log: get, clear, harvest. Operations exclude each other by the
 * slots lock.
 *
 * <p>The order is always: take the bits, protect the pages again, flush, return. Protecting does
 * not flush under the MMU lock; so after it, and until the flush, a vCPU may still write through
 * its TLB, and what it writes must reach the VMM by this report: the VMM may copy a page only when
 * the call has returned. The flush is owed if any bit was taken, whether or not an entry changed:
 * an access-tracked entry has W clear already while a TLB may still hold it writable.
 */
public final class DirtyLog {

  /** Takes each page that a ring reports. */
  @FunctionalInterface
  public interface Harvester {
    void dirty(int slotId, long offset);
  }

  private static final int PAGES_PER_WORD = 64;

  private final Memslots memslots;
  private final DirtyMarker marker;
  private final LogProtection protection;
  private final MmuLock mmuLock;
  private final TlbFlusher flusher;
  private final Rendezvous rendezvous;
  private final DirtyFlushRule flushRule;
  private final boolean drainsProcessor;

  /** Under the slots lock. */
  private boolean hasManualProtect;

  private boolean startsSet;

  /** Of the operation under way; under the slots lock. */
  private boolean hasReaped;

  private boolean hasChanged;

  public DirtyLog(
      MmuConfig config,
      Memslots memslots,
      DirtyMarker marker,
      LogProtection protection,
      MmuLock mmuLock,
      TlbFlusher flusher,
      Rendezvous rendezvous,
      DirtyFlushRule flushRule) {
    this.memslots = memslots;
    this.marker = marker;
    this.protection = protection;
    this.mmuLock = mmuLock;
    this.flusher = flusher;
    this.rendezvous = rendezvous;
    this.flushRule = flushRule;
    hasManualProtect = config.manualProtect();
    startsSet = config.initiallySet();
    drainsProcessor = config.logsByDirtyBit();
  }

  /**
   * Switches manual protect: whether a get leaves it to a clear to protect pages again. What was
   * reported and not protected before stays so until its clear.
   *
   * @param newStartsSet whether a log that is switched on from now on reports every page dirty at
   *     first, and protects nothing before its first clear
   */
  public void setManualProtect(Cpu cpu, boolean isManual, boolean newStartsSet) {
    memslots.lock().lock(cpu);
    hasManualProtect = isManual;
    startsSet = isManual && newStartsSet;
    memslots.lock().unlock(cpu);
  }

  /** Whether a log that is switched on reports every page dirty at first. Under the slots lock. */
  public boolean startsSet() {
    return startsSet;
  }

  /**
   * Copies a slot's bitmap out, a bit a page; without manual protect, clears it and protects the
   * pages again.
   *
   * @param bitmap receives the bits; at least (pages + 63) / 64 words
   * @return how many pages were dirty
   * @throws IllegalArgumentException if the slot does not exist or has no dirty bitmap
   */
  public long get(Cpu cpu, int slotId, long[] bitmap) {
    memslots.lock().lock(cpu);
    try {
      Memslot slot = loggedSlot(slotId);
      SharedWords words = bitmapOf(slot);
      drainProcessors(cpu);
      return hasManualProtect ? copy(words, bitmap) : takeAll(cpu, slot, words, bitmap);
    } finally {
      memslots.lock().unlock(cpu);
    }
  }

  /**
   * With manual protect: clears bits that an earlier get has reported, and protects those pages
   * again.
   *
   * @param firstOffset the first page, a multiple of 64
   * @param pages how many pages
   * @param bitmap the bits to clear, bit 0 of word 0 for {@code firstOffset}
   * @throws IllegalArgumentException if the slot has no dirty bitmap or the range is not in it
   */
  public void clear(Cpu cpu, int slotId, long firstOffset, long pages, long[] bitmap) {
    memslots.lock().lock(cpu);
    try {
      Memslot slot = loggedSlot(slotId);
      SharedWords words = bitmapOf(slot);
      if (firstOffset % PAGES_PER_WORD != 0
          || firstOffset < 0
          || pages < 0
          || firstOffset + pages > slot.pages()) {
        throw new IllegalArgumentException(
            "no range to clear: offset " + firstOffset + ", pages " + pages + " of " + slot);
      }
      drainProcessors(cpu);
      begin(cpu);
      for (long done = 0; done < pages; done += PAGES_PER_WORD) {
        long wanted = bitmap[(int) (done / PAGES_PER_WORD)];
        if (pages - done < PAGES_PER_WORD) {
          wanted &= (1L << pages - done) - 1;
        }
        long offset = firstOffset + done;
        if (wanted != 0) {
          int word = (int) (offset / PAGES_PER_WORD);
          reap(cpu, slot, offset, words.getAndAnd(word, ~wanted) & wanted);
        }
      }
      end(cpu);
    } finally {
      memslots.lock().unlock(cpu);
    }
  }

  /**
   * Takes all that the rings report, protects those pages again and makes the rings' room free.
   *
   * @return how many entries were taken
   */
  public long harvest(Cpu cpu, Harvester harvester) {
    memslots.lock().lock(cpu);
    try {
      drainProcessors(cpu);
      long taken = 0;
      begin(cpu);
      for (int i = 0; i < marker.ringCount(); i++) {
        taken += harvestRing(cpu, marker.ring(i), harvester);
      }
      end(cpu);
      for (int i = 0; i < marker.ringCount(); i++) {
        marker.reset(cpu, i);
      }
      for (int vcpu = 0; vcpu < rendezvous.vcpus(); vcpu++) {
        // One that waits for room looks again.
        rendezvous.request(vcpu, Requests.KICK);
      }
      return taken;
    } finally {
      memslots.lock().unlock(cpu);
    }
  }

  /**
   * Entries of a ring that lie within 64 pages of each other, one after the other, are protected
   * together. Such a window begins wherever its lowest page is.
   */
  private long harvestRing(Cpu cpu, DirtyRing ring, Harvester harvester) {
    long taken = 0;
    @Nullable Memslot slot = null;
    long first = 0;
    long pages = 0;
    long entry;
    while ((entry = ring.harvest()) >= 0) {
      taken++;
      int slotId = DirtyRing.slotId(entry);
      long offset = DirtyRing.offset(entry);
      harvester.dirty(slotId, offset);
      long up = offset - first;
      boolean isSameSlot = slot != null && slot.id() == slotId;
      if (isSameSlot && up >= 0 && up < PAGES_PER_WORD) {
        pages |= 1L << up;
      } else if (isSameSlot && -up > 0 && -up <= Long.numberOfLeadingZeros(pages)) {
        pages = pages << -up | 1;
        first = offset;
      } else {
        if (slot != null) {
          reap(cpu, slot, first, pages);
        }
        slot = memslots.current().byId(slotId);
        first = offset;
        pages = 1;
      }
    }
    if (slot != null) {
      reap(cpu, slot, first, pages);
    }
    return taken;
  }

  /** How many rings there are: one a vCPU, and the host's. 0 with bitmaps. */
  public int rings() {
    return marker.ringCount();
  }

  /** Whether these are the words of a ring. */
  public boolean isRing(int ring, SharedWords words) {
    return marker.ring(ring).consistsOf(words);
  }

  /** Shows what a ring holds that was not harvested, for one who looks on while nothing runs. */
  public void look(int ring, Harvester harvester) {
    marker.ring(ring).look(harvester);
  }

  private long copy(SharedWords words, long[] bitmap) {
    long dirty = 0;
    for (int i = 0; i < words.length(); i++) {
      bitmap[i] = words.get(i);
      dirty += Long.bitCount(bitmap[i]);
    }
    return dirty;
  }

  private long takeAll(Cpu cpu, Memslot slot, SharedWords words, long[] bitmap) {
    long dirty = 0;
    begin(cpu);
    for (int i = 0; i < words.length(); i++) {
      long taken = words.get(i) == 0 ? 0 : words.getAndSet(i, 0);
      bitmap[i] = taken;
      if (taken != 0) {
        dirty += Long.bitCount(taken);
        reap(cpu, slot, (long) i * PAGES_PER_WORD, taken);
      }
    }
    end(cpu);
    return dirty;
  }

  private void begin(Cpu cpu) {
    hasReaped = false;
    hasChanged = false;
    mmuLock.writeLock(cpu);
    protection.begin(cpu);
  }

  private void reap(Cpu cpu, Memslot slot, long firstOffset, long pages) {
    if (pages == 0) {
      return;
    }
    hasReaped = true;
    hasChanged |= protection.protect(cpu, slot, firstOffset, pages);
    if (mmuLock.isContended(cpu)) {
      flushUnderLock(cpu);
      protection.end(cpu);
      mmuLock.writeUnlock(cpu);
      mmuLock.writeLock(cpu);
      protection.begin(cpu);
    }
  }

  private void end(Cpu cpu) {
    flushUnderLock(cpu);
    protection.end(cpu);
    mmuLock.writeUnlock(cpu);
    if (flushRule.flushesBeforeReturn(hasReaped, hasChanged)) {
      flusher.flushAll(cpu);
    }
  }

  private void flushUnderLock(Cpu cpu) {
    if (flushRule.flushesUnderLock(hasReaped, hasChanged)) {
      flusher.flushAll(cpu);
    }
  }

  private void drainProcessors(Cpu cpu) {
    if (drainsProcessor) {
      flusher.kickAll(cpu);
    }
  }

  private Memslot loggedSlot(int slotId) {
    Memslot slot = memslots.current().byId(slotId);
    if (slot == null || !slot.isDirtyLogged()) {
      throw new IllegalArgumentException("slot " + slotId + " is not dirty-logged");
    }
    return slot;
  }

  private static SharedWords bitmapOf(Memslot slot) {
    SharedWords words = slot.dirtyBitmap();
    if (words == null) {
      throw new IllegalArgumentException(slot + " is logged to rings: harvest them");
    }
    return words;
  }
}
