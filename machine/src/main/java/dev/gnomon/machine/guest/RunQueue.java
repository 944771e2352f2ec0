package dev.gnomon.machine.guest;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.ArrayDeque;
import java.util.HashSet;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * The guest's scheduler: which process a vCPU runs next.
 *
 * <p>First come, first served, with one condition: a vCPU that is far ahead of the slowest one
 * waits, so that every vCPU has its share of the work. A word counts the changes that a waiting
 * vCPU waits for; another holds a limit of accesses that the guest may not pass for now (live
 * migration sets it).
 */
final class RunQueue {
  private static final int CHANGES = 0;
  private static final int LIMIT = SharedWords.STRIDE;
  private static final int RUNNING = 2 * SharedWords.STRIDE;
  private static final int ACCESSES = 3 * SharedWords.STRIDE;
  private static final long NO_LIMIT = Long.MAX_VALUE;

  /** How far ahead of the slowest vCPU another may be: a fraction of its work, and some slices. */
  private static final int LEAD_FRACTION = 4;

  private static final int LEAD_SLICES = 4;

  private final int vcpus;
  private final int sliceAccesses;
  private final SpinLock lock;
  private final SharedWords words;

  /** Under the lock. */
  private final ArrayDeque<GuestProcess> ready = new ArrayDeque<>();

  /** The numbers of processes that have a child. Under the lock. */
  private final Set<Integer> parents = new HashSet<>();

  /** Processes that are not finished. Under the lock. */
  private int unfinished;

  /** A queue of processes on vCPUs that have made so many accesses already. */
  RunQueue(Execution execution, List<GuestProcess> processes, long[] accesses, int sliceAccesses) {
    vcpus = accesses.length;
    this.sliceAccesses = sliceAccesses;
    lock = execution.synchronization().spinLock();
    words = execution.platform().newWords(ACCESSES + vcpus * SharedWords.STRIDE);
    words.set(LIMIT, NO_LIMIT);
    for (int i = 0; i < vcpus; i++) {
      words.set(accessesWord(i), accesses[i]);
    }
    for (GuestProcess process : processes) {
      if (!process.isFinished()) {
        ready.add(process);
      }
    }
    unfinished = ready.size();
  }

  /**
   * The next process for a vCPU that is outside guest mode; waits for one.
   *
   * @return null when all are finished, or {@code pause} says that the VMM wants the vCPU and no
   *     child is ready
   */
  @Nullable GuestProcess take(Cpu cpu, int vcpu, PauseQuestion pause) {
    while (true) {
      long changes = words.get(CHANGES);
      boolean isPaused = pause.isPauseRequested();
      lock.lock(cpu);
      boolean isOver = unfinished == 0;
      GuestProcess process = !isPaused && isInTurn(vcpu) ? ready.poll() : firstChild();
      lock.unlock(cpu);
      if (process != null || isOver || isPaused) {
        return process;
      }
      cpu.awaitChange(words, CHANGES, changes);
    }
  }

  /** Children run on whatever the VMM wants: a guest that stands still has none. */
  private @Nullable GuestProcess firstChild() {
    Iterator<GuestProcess> each = ready.iterator();
    while (each.hasNext()) {
      GuestProcess process = each.next();
      if (process.isChild()) {
        each.remove();
        return process;
      }
    }
    return null;
  }

  /** Whether the VMM wants a waiting vCPU. */
  @FunctionalInterface
  interface PauseQuestion {
    boolean isPauseRequested();
  }

  private boolean isInTurn(int vcpu) {
    if (totalAccesses() >= words.get(LIMIT)) {
      return false;
    }
    long least = Long.MAX_VALUE;
    for (int i = 0; i < vcpus; i++) {
      least = Math.min(least, words.get(accessesWord(i)));
    }
    long lead = least / LEAD_FRACTION + (long) LEAD_SLICES * sliceLength(least);
    return words.get(accessesWord(vcpu)) <= least + lead;
  }

  /**
   * How many accesses the next time slice of a vCPU may have: short at first, so that all get some.
   */
  int sliceLength(int vcpu) {
    return sliceLength(words.get(accessesWord(vcpu)));
  }

  private int sliceLength(long done) {
    return (int) Math.max(1, Math.min(sliceAccesses, 16 + done / 8));
  }

  /** Whether a process has a child that lives. */
  boolean hasChild(Cpu cpu, GuestProcess process) {
    lock.lock(cpu);
    boolean has = parents.contains(process.id());
    lock.unlock(cpu);
    return has;
  }

  /** Adds a child that has just been forked off. */
  void addChild(Cpu cpu, GuestProcess child) {
    lock.lock(cpu);
    parents.add(child.id());
    unfinished++;
    ready.add(child);
    lock.unlock(cpu);
    changed();
  }

  /** Puts a process back after its slice. */
  void putBack(Cpu cpu, GuestProcess process) {
    lock.lock(cpu);
    if (process.isFinished()) {
      unfinished--;
      if (process.isChild()) {
        parents.remove(process.id());
      }
    } else {
      ready.add(process);
    }
    lock.unlock(cpu);
    changed();
  }

  /** Publishes how many accesses a vCPU has made. */
  void publish(int vcpu, long accesses) {
    words.set(accessesWord(vcpu), accesses);
  }

  /** How many accesses a vCPU has made, as last published. */
  long accesses(int vcpu) {
    return words.get(accessesWord(vcpu));
  }

  /** How many accesses all have made, as last published. */
  long totalAccesses() {
    long total = 0;
    for (int i = 0; i < vcpus; i++) {
      total += words.get(accessesWord(i));
    }
    return total;
  }

  /** Lets no time slice begin once the guest has made so many accesses. */
  void limit(long accesses) {
    words.set(LIMIT, accesses);
  }

  /** So many vCPUs are about to run. */
  void starting(int count) {
    words.set(RUNNING, count);
  }

  /** One of them runs no more. */
  void stopped() {
    words.getAndAdd(RUNNING, -1);
  }

  /** How many run. */
  int running() {
    return (int) words.get(RUNNING);
  }

  /** Has vCPUs that wait look again. */
  void changed() {
    words.getAndAdd(CHANGES, 1);
  }

  private static int accessesWord(int vcpu) {
    return ACCESSES + vcpu * SharedWords.STRIDE;
  }
}
