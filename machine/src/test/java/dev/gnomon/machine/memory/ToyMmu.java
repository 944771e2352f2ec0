package dev.gnomon.machine.memory;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.ArrayList;
import java.util.List;
import java.util.TreeMap;

/**
 * The simplest thing that maps an address space's pages: a map under one lock, also held during
 * every access, so that unmapping is flushing. It hands dirt over when it unmaps, and can be told
 * to forget what an MMU must not forget.
 */
final class ToyMmu implements PageUser {
  private static final int SEQUENCE = 0;

  private final PhysicalMemory memory;
  private final HostAddressSpace space;
  private final SpinLock lock;
  private final SharedWords words;
  private final TreeMap<Long, Entry> entries = new TreeMap<>();
  private final List<long[]> inProgress = new ArrayList<>();

  boolean reportsDirt = true;
  boolean checksSequence = true;

  private static final class Entry {
    final long page;
    boolean isDirty;
    boolean isYoung = true;

    Entry(long page) {
      this.page = page;
    }
  }

  ToyMmu(Execution execution, HostAddressSpace space) {
    memory = execution.platform().memory();
    this.space = space;
    lock = execution.synchronization().spinLock();
    words = execution.platform().newWords(1);
    space.setUser(this);
  }

  /** Writes the first word of a page, as a guest. Returns false if it is read-only. */
  boolean write(Cpu cpu, long hvn, long value) {
    Entry entry = mapped(cpu, hvn, true);
    boolean isWritable = HostPages.isWritable(entry.page);
    if (isWritable) {
      memory.setLong(hpa(entry), value);
      entry.isDirty = true;
    }
    lock.unlock(cpu);
    return isWritable;
  }

  /** Reads the first word of a page, as a guest. */
  long read(Cpu cpu, long hvn) {
    Entry entry = mapped(cpu, hvn, false);
    long value = memory.getLong(hpa(entry));
    lock.unlock(cpu);
    return value;
  }

  boolean isMapped(long hvn) {
    return entries.containsKey(hvn);
  }

  /** Comes back with the lock held. */
  private Entry mapped(Cpu cpu, long hvn, boolean forWrite) {
    for (; ; ) {
      lock.lock(cpu);
      Entry entry = entries.get(hvn);
      if (entry != null) {
        entry.isYoung = true;
        return entry;
      }
      lock.unlock(cpu);
      long sequence = words.get(SEQUENCE);
      long page = space.resolve(cpu, hvn, forWrite);
      if (page == HostPages.ABSENT) {
        throw new IllegalStateException("nothing at hvn " + hvn);
      }
      lock.lock(cpu);
      boolean isStale = words.get(SEQUENCE) != sequence;
      boolean isInProgress =
          inProgress.stream().anyMatch(range -> range[0] <= hvn && hvn < range[1]);
      if (!checksSequence || (!isStale && !isInProgress)) {
        entries.put(hvn, new Entry(page));
      }
      lock.unlock(cpu);
      if (checksSequence && isInProgress) {
        cpu.awaitChange(words, SEQUENCE, sequence);
      }
    }
  }

  @Override
  public void invalidateStart(Cpu cpu, long firstHvn, long endHvn) {
    lock.lock(cpu);
    inProgress.add(new long[] {firstHvn, endHvn});
    for (Entry entry : entries.subMap(firstHvn, endHvn).values()) {
      if (entry.isDirty && reportsDirt) {
        space.markDirty(HostPages.pfn(entry.page));
      }
    }
    entries.subMap(firstHvn, endHvn).clear();
    lock.unlock(cpu);
  }

  @Override
  public void invalidateEnd(Cpu cpu, long firstHvn, long endHvn) {
    lock.lock(cpu);
    for (int i = 0; i < inProgress.size(); i++) {
      if (inProgress.get(i)[0] == firstHvn && inProgress.get(i)[1] == endHvn) {
        inProgress.remove(i);
        break;
      }
    }
    words.getAndAdd(SEQUENCE, 1);
    lock.unlock(cpu);
  }

  @Override
  public boolean clearYoung(Cpu cpu, long firstHvn, long endHvn) {
    boolean isYoung = false;
    lock.lock(cpu);
    for (Entry entry : entries.subMap(firstHvn, endHvn).values()) {
      isYoung |= entry.isYoung;
      entry.isYoung = false;
    }
    lock.unlock(cpu);
    return isYoung;
  }

  @Override
  public boolean reportsDirtWhenItForgets() {
    return false;
  }

  @Override
  public void flush(Cpu cpu) {}

  @Override
  public boolean testYoung(Cpu cpu, long firstHvn, long endHvn) {
    lock.lock(cpu);
    boolean isYoung =
        entries.subMap(firstHvn, endHvn).values().stream().anyMatch(entry -> entry.isYoung);
    lock.unlock(cpu);
    return isYoung;
  }

  private static long hpa(Entry entry) {
    return PhysicalMemory.hpa(HostPages.pfn(entry.page));
  }
}
