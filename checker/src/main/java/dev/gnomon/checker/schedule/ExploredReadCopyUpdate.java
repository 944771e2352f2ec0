package dev.gnomon.checker.schedule;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import java.util.ArrayDeque;

/**
 * Read-copy-update with one word for each CPU, which says whether it reads: entering and leaving a
 * section are a step each. What was retired is reclaimed by the first poll that meets no reader; a
 * grace period waits for every reader that it meets.
 */
final class ExploredReadCopyUpdate extends ReadCopyUpdate {
  private static final long READS = 1;
  private static final long SECTION = 2;

  private final Reclaimer reclaimer;
  private final ExploredWords readers;

  /** By CPU, and owned by it: in which section it is or was last. */
  private final long[] sections;

  /** By CPU, and owned by it. */
  private final ArrayDeque<Long>[] retired;

  @SuppressWarnings({"unchecked", "rawtypes"})
  ExploredReadCopyUpdate(Stage stage, ExploredMemory memory, int cpus, Reclaimer reclaimer) {
    this.reclaimer = reclaimer;
    readers = new ExploredWords(stage, memory, false, "rcu readers", cpus);
    sections = new long[cpus];
    retired = new ArrayDeque[cpus];
    for (int i = 0; i < cpus; i++) {
      retired[i] = new ArrayDeque<>(1);
    }
  }

  @Override
  public void readLock(Cpu cpu) {
    if (isReadBy(cpu)) {
      throw new IllegalStateException("CPU " + cpu.index() + " is in a read section");
    }
    sections[cpu.index()] += SECTION | READS;
    readers.getAndSet(cpu.index(), sections[cpu.index()]);
  }

  @Override
  public void readUnlock(Cpu cpu) {
    if (!isReadBy(cpu)) {
      throw new IllegalStateException("CPU " + cpu.index() + " is in no read section");
    }
    sections[cpu.index()] -= READS;
    readers.set(cpu.index(), sections[cpu.index()]);
  }

  @Override
  public boolean isReadBy(Cpu cpu) {
    return (sections[cpu.index()] & READS) != 0;
  }

  @Override
  public void retire(Cpu cpu, long thing) {
    retired[cpu.index()].add(thing);
  }

  @Override
  public void poll(Cpu cpu) {
    if (!retired[cpu.index()].isEmpty() && isAnyReading()) {
      return;
    }
    reclaim(cpu, cpu.index());
  }

  private boolean isAnyReading() {
    for (int i = 0; i < sections.length; i++) {
      if ((readers.get(i) & READS) != 0) {
        return true;
      }
    }
    return false;
  }

  private void reclaim(Cpu cpu, int whose) {
    while (!retired[whose].isEmpty()) {
      reclaimer.reclaim(cpu, retired[whose].removeFirst());
    }
  }

  @Override
  public void synchronize(Cpu cpu) {
    if (isReadBy(cpu)) {
      throw new IllegalStateException("CPU " + cpu.index() + " would wait for itself");
    }
    for (int i = 0; i < sections.length; i++) {
      long seen = readers.get(i);
      if ((seen & READS) != 0) {
        cpu.awaitChange(readers, i, seen);
      }
    }
  }

  @Override
  public void drain(Cpu cpu) {
    if (!retired[cpu.index()].isEmpty()) {
      synchronize(cpu);
      reclaim(cpu, cpu.index());
    }
  }

  @Override
  public void drainAll(Cpu cpu) {
    synchronize(cpu);
    for (int i = 0; i < retired.length; i++) {
      reclaim(cpu, i);
    }
  }

  @Override
  public int pending(Cpu cpu) {
    return retired[cpu.index()].size();
  }
}
