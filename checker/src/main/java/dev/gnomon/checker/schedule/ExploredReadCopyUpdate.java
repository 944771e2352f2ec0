package dev.gnomon.checker.schedule;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import java.util.ArrayDeque;

/**
 * Read-copy-update with one word for each CPU, which says whether it reads: entering and leaving a
 * section are a step each. Who retires a thing looks at who reads; it is reclaimed by the first
 * poll that finds all of these sections over. A grace period waits for every reader that it meets.
 */
final class ExploredReadCopyUpdate extends ReadCopyUpdate {
  private static final long READS = 1;
  private static final long SECTION = 2;

  /**
   * A thing that waits.
   *
   * @param readers by CPU, the section that it was in; 0 if in none, or it is over
   */
  private record Retired(long thing, long[] readers) {}

  private final Stage stage;
  private final Reclaimer reclaimer;
  private final ExploredWords readers;

  /** By CPU, and owned by it: in which section it is or was last. */
  private final long[] sections;

  /** By CPU, and owned by it. */
  private final ArrayDeque<Retired>[] retired;

  @SuppressWarnings({"unchecked", "rawtypes"})
  ExploredReadCopyUpdate(Stage stage, ExploredMemory memory, int cpus, Reclaimer reclaimer) {
    this.stage = stage;
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

  /** Both to retire a thing and to wait for readers is a full barrier. */
  private void barrier() {
    if (stage.isConcurrent()) {
      stage.accesses().fence();
    }
  }

  @Override
  public void retire(Cpu cpu, long thing) {
    barrier();
    long[] sectionsNow = new long[sections.length];
    for (int i = 0; i < sections.length; i++) {
      long section = section(cpu, i);
      sectionsNow[i] = (section & READS) == 0 ? 0 : section;
    }
    retired[cpu.index()].add(new Retired(thing, sectionsNow));
  }

  @Override
  public void poll(Cpu cpu) {
    ArrayDeque<Retired> mine = retired[cpu.index()];
    while (!mine.isEmpty() && areOver(cpu, mine.getFirst().readers)) {
      reclaimer.reclaim(cpu, mine.removeFirst().thing);
    }
  }

  /** The section that a CPU is or was in last; one's own is known without a look. */
  private long section(Cpu cpu, int of) {
    return of == cpu.index() ? sections[of] : readers.get(of);
  }

  private boolean areOver(Cpu cpu, long[] since) {
    for (int i = 0; i < since.length; i++) {
      if (since[i] != 0) {
        if (section(cpu, i) == since[i]) {
          return false;
        }
        since[i] = 0;
      }
    }
    return true;
  }

  private void reclaimAll(Cpu cpu, int whose) {
    while (!retired[whose].isEmpty()) {
      reclaimer.reclaim(cpu, retired[whose].removeFirst().thing);
    }
  }

  @Override
  public void synchronize(Cpu cpu) {
    if (isReadBy(cpu)) {
      throw new IllegalStateException("CPU " + cpu.index() + " would wait for itself");
    }
    barrier();
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
      reclaimAll(cpu, cpu.index());
    }
  }

  @Override
  public void drainAll(Cpu cpu) {
    synchronize(cpu);
    for (int i = 0; i < retired.length; i++) {
      reclaimAll(cpu, i);
    }
  }

  @Override
  public int pending(Cpu cpu) {
    return retired[cpu.index()].size();
  }
}
