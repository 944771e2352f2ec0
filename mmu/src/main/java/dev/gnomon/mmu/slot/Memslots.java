package dev.gnomon.mmu.slot;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.List;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * The current {@link MemslotArray} of a VM, and its exchange.
 *
 * <p>There are two places for arrays. A word says which is current; a reader looks at it inside a
 * read section ({@link #enter}, {@link #leave}), the writer fills the other place, turns the word
 * and waits until no reader can still be using the old array. While it waits the generation is
 * marked "in progress" and no MMIO entry may be trusted or made; then it moves on by two (one for
 * each address space).
 *
 * <p>Changes exclude each other by the slots lock, which the operations of the dirty log take too.
 */
public final class Memslots {
  private static final int CURRENT = 0;
  private static final int IN_PROGRESS = 1;
  private static final int GENERATION_STEP = 2;

  private final Platform platform;
  private final boolean writeTracking;
  private final boolean reverseMaps;
  private final SharedWords words;
  private final SpinLock slotsLock;
  private final ReadCopyUpdate readers;
  private final MemslotArray[] places = new MemslotArray[2];

  /**
   * Makes it without a slot.
   *
   * @param writeTracking whether slots count the trackers of each page
   * @param reverseMaps whether slots know which entries of the shadow MMU map each page
   */
  public Memslots(
      Platform platform,
      Synchronization synchronization,
      boolean writeTracking,
      boolean reverseMaps) {
    this.platform = platform;
    this.writeTracking = writeTracking;
    this.reverseMaps = reverseMaps;
    words = platform.newWords(2);
    slotsLock = synchronization.spinLock();
    readers = synchronization.readCopyUpdate(ReadCopyUpdate.NOTHING);
    places[0] = new MemslotArray(0, List.of());
    places[1] = places[0];
  }

  /** Enters a read section: {@link #current} may be used until {@link #leave}. */
  public void enter(Cpu cpu) {
    readers.readLock(cpu);
  }

  /** Leaves the read section. */
  public void leave(Cpu cpu) {
    readers.readUnlock(cpu);
  }

  /** The slots now. For use inside a read section or under the slots lock. */
  public MemslotArray current() {
    return places[(int) words.get(CURRENT)];
  }

  /** Whether an exchange is under way: then no MMIO entry is to be trusted or made. */
  public boolean isExchanging() {
    return words.get(IN_PROGRESS) != 0;
  }

  /** The lock that changes of slots and operations of the dirty log hold. */
  public SpinLock lock() {
    return slotsLock;
  }

  /** Makes the slot that a region asks for, not yet visible. */
  public Memslot create(SlotRegion region) {
    return Memslot.of(platform, region, writeTracking, reverseMaps);
  }

  /** The slot, dirty-logged from now on. */
  public Memslot dirtyLogged(Memslot slot, boolean hasBitmap) {
    return slot.dirtyLogged(platform, hasBitmap);
  }

  /** The slot, no longer dirty-logged. */
  public Memslot notDirtyLogged(Memslot slot) {
    return slot.notDirtyLogged();
  }

  /** The slot, about to go. */
  public Memslot invalid(Memslot slot) {
    return slot.invalid();
  }

  /**
   * Exchanges the array for one in which the slot with {@code id} is replaced by {@code slot} (or
   * is gone, if null), and waits until nobody uses the old array.
   *
   * @return the new generation
   * @throws IllegalArgumentException if slots would overlap; nothing has changed then
   */
  public long exchange(Cpu cpu, int id, @Nullable Memslot slot) {
    return exchange(cpu, id, slot, generation -> {});
  }

  /**
   * As {@link #exchange(Cpu, int, Memslot)}.
   *
   * @param beforeUse called with the new generation when nobody uses the old array any more, and no
   *     MMIO entry is trusted or made yet
   */
  public long exchange(Cpu cpu, int id, @Nullable Memslot slot, LongConsumer beforeUse) {
    if (!slotsLock.isHeldBy(cpu)) {
      throw new IllegalStateException("memslots are exchanged under the slots lock");
    }
    MemslotArray old = current();
    long generation = old.generation() + GENERATION_STEP;
    MemslotArray next = new MemslotArray(generation, old.replacing(id, slot));
    int place = (int) words.get(CURRENT) ^ 1;
    places[place] = next;
    words.getAndSet(IN_PROGRESS, 1);
    words.set(CURRENT, place);
    readers.synchronize(cpu);
    beforeUse.accept(generation);
    words.set(IN_PROGRESS, 0);
    return generation;
  }
}
