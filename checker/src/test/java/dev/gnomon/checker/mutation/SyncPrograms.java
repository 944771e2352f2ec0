package dev.gnomon.checker.mutation;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.programs.TornEntries;
import dev.gnomon.checker.schedule.Program;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.sync.Rendezvous;
import java.util.Map;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * What finds faults in tier 1, and in how a 32-bit host writes entries: a scenario of the whole MMU
 * with all its locks made of words is too long to be explored for each of them. To be explored
 * under TSO, with locks made of words.
 */
final class SyncPrograms {
  private static final long REQUEST = 1;

  private static final Map<String, Program> BY_NAME =
      Map.of(
          "program mmu-lock", of(SyncPrograms::mmuLock),
          "program rcu", of(SyncPrograms::readCopyUpdate),
          "program rendezvous", of(SyncPrograms::rendezvous),
          "program read-while-zapped", of(TornEntries::readWhileZapped),
          "program walk-while-zapped", of(TornEntries::walkWhileZapped),
          "program read-while-replaced", of(TornEntries::readWhileReplaced),
          "program walk-while-replaced", of(TornEntries::walkWhileReplaced),
          "program access-while-zapped", of(TornEntries::accessWhileZapped));

  private SyncPrograms() {}

  private static Program of(Consumer<Execution> body) {
    return execution -> {
      body.accept(execution);
      return null;
    };
  }

  /** The program of a name, or null. */
  static @Nullable Program find(String name) {
    return BY_NAME.get(name);
  }

  /** A reader never sees what a writer is in the middle of. */
  private static void mmuLock(Execution execution) {
    MmuLock lock = execution.synchronization().mmuLock();
    SharedWords words = execution.platform().newWords(2);
    execution.start(
        0,
        "reader",
        cpu -> {
          lock.readLock(cpu);
          long first = words.get(0);
          long second = words.get(1);
          lock.readUnlock(cpu);
          assertThat(second).isEqualTo(first);
        });
    execution.start(
        1,
        "writer",
        cpu -> {
          lock.writeLock(cpu);
          words.set(0, 1);
          words.set(1, 1);
          lock.writeUnlock(cpu);
        });
    execution.join();
  }

  /** What a reader has found is not reclaimed before it has left. */
  private static void readCopyUpdate(Execution execution) {
    SharedWords link = execution.platform().newWords(1);
    SharedWords reclaimed = execution.platform().newWords(1);
    link.set(0, 1);
    ReadCopyUpdate rcu =
        execution.synchronization().readCopyUpdate((cpu, thing) -> reclaimed.set(0, 1));
    execution.start(
        0,
        "reader",
        cpu -> {
          rcu.readLock(cpu);
          if (link.get(0) != 0) {
            assertThat(reclaimed.get(0)).isZero();
          }
          rcu.readUnlock(cpu);
        });
    execution.start(
        1,
        "writer",
        cpu -> {
          link.getAndSet(0, 0);
          rcu.retire(cpu, 1);
          rcu.poll(cpu);
        });
    execution.join();
  }

  /** When a request has been waited for, no vCPU is in guest mode that has not taken it. */
  private static void rendezvous(Execution execution) {
    Rendezvous rendezvous = execution.synchronization().rendezvous(1);
    SharedWords done = execution.platform().newWords(1);
    execution.start(
        0,
        "vcpu0",
        cpu -> {
          long taken = 0;
          while (!rendezvous.enter(0)) {
            taken |= rendezvous.take(0, REQUEST);
          }
          boolean isDone = done.get(0) != 0;
          rendezvous.leave(0);
          assertThat(isDone && taken == 0).isFalse();
        });
    execution.start(
        1,
        "host 0",
        cpu -> {
          rendezvous.requestAllAndWait(cpu, REQUEST);
          done.set(0, 1);
        });
    execution.join();
  }
}
