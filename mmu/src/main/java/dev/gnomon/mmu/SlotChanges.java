package dev.gnomon.mmu;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.dirty.DirtyLog;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.slot.SlotRegion;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.tdp.TdpMmu;
import dev.gnomon.mmu.tdp.TdpRoot;
import dev.gnomon.mmu.tlb.TlbFlusher;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The VMM's changes of memslots. Each holds the slots lock from beginning to end.
 *
 * <p>Deleting or moving a slot goes in two exchanges: in the first it becomes invalid, so that no
 * fault maps it any more; then everything is zapped; in the second it goes. A slot whose dirty
 * logging is switched on is exchanged first, so that new mappings are logged; then the old ones are
 * protected, and TLBs flushed always: an entry that reads read-only may still be cached writable.
 */
public final class SlotChanges {
  private final MmuConfig config;
  private final Memslots memslots;
  private final DirtyLog dirtyLog;
  private final TdpMmu tdp;
  private final ShadowMmu shadow;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;
  private final TlbFlusher flusher;
  private final boolean logsToRings;
  private final Tracepoints trace;

  SlotChanges(
      MmuConfig config,
      Memslots memslots,
      DirtyLog dirtyLog,
      TdpMmu tdp,
      ShadowMmu shadow,
      MmuLock mmuLock,
      ReadCopyUpdate rcu,
      TlbFlusher flusher,
      boolean logsToRings,
      Tracepoints trace) {
    this.config = config;
    this.memslots = memslots;
    this.dirtyLog = dirtyLog;
    this.tdp = tdp;
    this.shadow = shadow;
    this.mmuLock = mmuLock;
    this.rcu = rcu;
    this.flusher = flusher;
    this.logsToRings = logsToRings;
    this.trace = trace;
  }

  /**
   * Adds a slot.
   *
   * @throws IllegalArgumentException if its number is taken, it overlaps another, its first gfn
   *     lies beyond the entries of a table that are used, or its last where no table has an entry
   */
  public void add(Cpu cpu, SlotRegion region) {
    add(cpu, region, false);
  }

  /**
   * Adds a slot, perhaps dirty-logged from the start.
   *
   * @throws IllegalArgumentException if its number is taken, it overlaps another, its first gfn
   *     lies beyond the entries of a table that are used, or its last where no table has an entry
   */
  public void add(Cpu cpu, SlotRegion region, boolean isDirtyLogged) {
    locked(
        cpu,
        () -> {
          if (memslots.current().byId(region.id()) != null) {
            throw new IllegalArgumentException("memslot " + region.id() + " exists");
          }
          requireMappable(region);
          Memslot slot = memslots.create(region);
          exchange(cpu, region.id(), isDirtyLogged ? logged(slot) : slot);
        });
  }

  /** Deletes a slot: when this returns, no vCPU reaches its memory. */
  public void delete(Cpu cpu, int id) {
    locked(
        cpu,
        () -> {
          dropMappings(cpu, slot(id));
          exchange(cpu, id, null);
        });
  }

  /**
   * Moves a slot to another gfn, with the same memory behind it. It is not dirty-logged afterwards.
   *
   * @throws IllegalArgumentException if it would overlap another, its first gfn lies beyond the
   *     entries of a table that are used, or its last where no table has an entry
   */
  public void move(Cpu cpu, int id, long newBaseGfn) {
    locked(
        cpu,
        () -> {
          Memslot old = slot(id);
          SlotRegion region =
              new SlotRegion(id, newBaseGfn, old.pages(), old.baseHvn(), old.isReadOnly());
          requireMappable(region);
          dropMappings(cpu, old);
          try {
            exchange(cpu, id, memslots.create(region));
          } catch (IllegalArgumentException overlaps) {
            exchange(cpu, id, old);
            throw overlaps;
          }
        });
  }

  /** Switches dirty logging of a slot on; nothing happens if it is. */
  public void startDirtyLog(Cpu cpu, int id) {
    locked(
        cpu,
        () -> {
          if (slot(id).isDirtyLogged()) {
            // A fresh bitmap would lose what the present one still has to report.
            return;
          }
          Memslot logged = logged(slot(id));
          boolean isInitiallySet = dirtyLog.startsSet() && logged.dirtyBitmap() != null;
          exchange(cpu, id, logged);
          if (config.eagerSplit() && !isInitiallySet) {
            tdp.splitAll(cpu, logged.baseGfn(), logged.endGfn());
          }
          if (!isInitiallySet) {
            mmuLock.writeLock(cpu);
            shadow.protectSlot(cpu, logged);
            tdp.protectSlot(cpu, logged);
            mmuLock.writeUnlock(cpu);
          }
          flusher.flushAll(cpu);
        });
  }

  /** Switches dirty logging of a slot off, and brings its large pages back. */
  public void stopDirtyLog(Cpu cpu, int id) {
    locked(
        cpu,
        () -> {
          Memslot plain = memslots.notDirtyLogged(slot(id));
          exchange(cpu, id, plain);
          mmuLock.writeLock(cpu);
          if (shadow.recoverSlot(cpu, plain)) {
            flusher.flushAll(cpu);
          }
          tdp.recoverSlot(cpu, plain);
          mmuLock.writeUnlock(cpu);
          rcu.poll(cpu);
        });
  }

  /**
   * Zaps everything fast: roots become invalid at once and every vCPU loads a new one; the old ones
   * are taken apart afterwards, under the read lock, beside new faults.
   */
  public void zapAllFast(Cpu cpu) {
    mmuLock.writeLock(cpu);
    trace.kvmMmuZapAllFast(cpu, shadow.generation(), shadow.pageCount());
    shadow.makeObsolete();
    List<TdpRoot> invalidated = tdp.invalidateRoots(cpu);
    flusher.reloadRoots(cpu);
    shadow.zapObsolete(cpu);
    mmuLock.writeUnlock(cpu);
    tdp.zapInvalidated(cpu, invalidated);
  }

  /** The slot with a fresh log. */
  private Memslot logged(Memslot slot) {
    Memslot logged = memslots.dirtyLogged(slot, !logsToRings);
    SharedWords bitmap = logged.dirtyBitmap();
    if (dirtyLog.startsSet() && bitmap != null) {
      setAll(logged, bitmap);
    }
    return logged;
  }

  private void requireMappable(SlotRegion region) {
    long baseGfn = region.baseGfn();
    if (region.pages() > config.endGfn() - baseGfn) {
      throw new IllegalArgumentException(
          "a memslot of 0x%x pages at gfn 0x%x ends beyond gfn 0x%x, the last that can be mapped"
              .formatted(region.pages(), baseGfn, config.endGfn() - 1));
    }
    if (config.mmu() != MmuKind.SHADOW && !config.isMappable(baseGfn)) {
      throw new IllegalArgumentException(
          "a memslot at gfn "
              + Long.toHexString(baseGfn)
              + " lies beyond the "
              + config.tableEntries()
              + " entries of a table that are used");
    }
  }

  private void dropMappings(Cpu cpu, Memslot slot) {
    exchange(cpu, slot.id(), memslots.invalid(slot));
    zapAllFast(cpu);
  }

  private void exchange(Cpu cpu, int id, @Nullable Memslot slot) {
    memslots.exchange(
        cpu,
        id,
        slot,
        generation -> {
          if ((generation & MmioSpte.GENERATION_MASK) == 0) {
            // Marks of the generation that has the same 19 bits would look current again.
            zapAllFast(cpu);
          }
        });
  }

  private static void setAll(Memslot slot, SharedWords bitmap) {
    long left = slot.pages();
    for (int i = 0; i < bitmap.length(); i++, left -= Long.SIZE) {
      bitmap.set(i, left >= Long.SIZE ? -1L : (1L << left) - 1);
    }
  }

  private Memslot slot(int id) {
    Memslot slot = memslots.current().byId(id);
    if (slot == null) {
      throw new IllegalArgumentException("there is no memslot " + id);
    }
    return slot;
  }

  private void locked(Cpu cpu, Runnable change) {
    memslots.lock().lock(cpu);
    try {
      change.run();
    } finally {
      memslots.lock().unlock(cpu);
    }
  }
}
