package dev.gnomon.machine.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** {@link SpinLock} and {@link MmuLock} on a back end. */
abstract class LockContract {
  private static final int CPUS = 3;

  private final Backend backend;

  LockContract(Backend backend) {
    this.backend = backend;
  }

  @Test
  void aSpinLockIsHeldByOneAtATime() {
    exclude(
        execution -> execution.synchronization().spinLock(),
        (lock, cpu) -> lock.lock(cpu),
        (lock, cpu) -> lock.unlock(cpu));
  }

  @Test
  void anMmuLockIsWrittenByOneAtATime() {
    exclude(
        execution -> execution.synchronization().mmuLock(),
        (lock, cpu) -> lock.writeLock(cpu),
        (lock, cpu) -> lock.writeUnlock(cpu));
  }

  private interface Maker<L> {
    L make(Execution execution);
  }

  /** Everyone adds 1 to a plain field and to a word, in two steps each, in the lock. */
  private <L> void exclude(Maker<L> maker, BiConsumer<L, Cpu> lock, BiConsumer<L, Cpu> unlock) {
    backend.explore(
        CPUS,
        execution -> {
          L it = maker.make(execution);
          SharedWords word = execution.platform().newWords(1);
          long[] plain = {0};
          all(
              execution,
              cpu -> {
                lock.accept(it, cpu);
                long seen = plain[0];
                word.set(0, word.get(0) + 1);
                plain[0] = seen + 1;
                unlock.accept(it, cpu);
              });
          assertThat(plain[0]).isEqualTo((long) CPUS * backend.repeats());
          assertThat(word.get(0)).isEqualTo((long) CPUS * backend.repeats());
        });
  }

  @Test
  void aReaderOfAnMmuLockSeesNoWriteHalfDone() {
    backend.explore(
        CPUS,
        execution -> {
          MmuLock lock = execution.synchronization().mmuLock();
          SharedWords words = execution.platform().newWords(2);
          long[] plain = new long[2];
          all(
              execution,
              backend.accesses(),
              cpu -> {
                if (cpu.index() == 0) {
                  lock.writeLock(cpu);
                  words.set(0, words.get(0) + 1);
                  plain[0]++;
                  words.set(1, words.get(1) + 1);
                  plain[1]++;
                  lock.writeUnlock(cpu);
                } else {
                  lock.readLock(cpu);
                  assertThat(words.get(0)).isEqualTo(words.get(1));
                  assertThat(plain[0]).isEqualTo(plain[1]);
                  lock.readUnlock(cpu);
                }
              });
        });
  }

  @Test
  void readersOfAnMmuLockAreInsideTogether() {
    backend.explore(
        CPUS,
        execution -> {
          MmuLock lock = execution.synchronization().mmuLock();
          Meeting inside = new Meeting(execution.platform(), CPUS);
          all(
              execution,
              backend.meetings(),
              cpu -> {
                lock.readLock(cpu);
                inside.meet(cpu);
                lock.readUnlock(cpu);
              });
        });
  }

  @Test
  void whoHoldsAnMmuLockSeesThatOthersWantIt() {
    assumeThat(backend.saysThatOthersWait())
        .as("of a lock that is taken in one step, nobody is seen to wait")
        .isTrue();
    backend.explore(
        CPUS,
        execution -> {
          MmuLock lock = execution.synchronization().mmuLock();
          Meeting meeting = new Meeting(execution.platform(), CPUS);
          all(
              execution,
              backend.meetings(),
              cpu -> {
                // Reader, writer and idler in turn, so each pair of kinds meets.
                meeting.meet(cpu);
                if (cpu.index() == 0) {
                  lock.readLock(cpu);
                  meeting.meet(cpu);
                  awaitContention(lock, cpu);
                  lock.readUnlock(cpu);
                  meeting.meet(cpu);
                  lock.writeLock(cpu);
                  meeting.meet(cpu);
                  awaitContention(lock, cpu);
                  lock.writeUnlock(cpu);
                } else {
                  meeting.meet(cpu);
                  lock.writeLock(cpu);
                  lock.writeUnlock(cpu);
                  meeting.meet(cpu);
                  meeting.meet(cpu);
                  lock.readLock(cpu);
                  lock.readUnlock(cpu);
                }
              });
          assertThat(lock.isContended(execution.cpu(0))).isFalse();
        });
  }

  private static void awaitContention(MmuLock lock, Cpu cpu) {
    while (!lock.isContended(cpu)) {
      cpu.retrying();
    }
  }

  @Test
  void whoWaitsForAnMmuLockGetsIt() {
    backend.explore(
        CPUS,
        execution -> {
          MmuLock lock = execution.synchronization().mmuLock();
          SharedWords rounds = execution.platform().newWords(CPUS);
          all(
              execution,
              cpu -> {
                long round = rounds.get(cpu.index());
                rounds.set(cpu.index(), round + 1);
                if ((round + cpu.index()) % 3 == 0) {
                  lock.writeLock(cpu);
                  assertThat(lock.isWrittenBy(cpu)).isTrue();
                  lock.writeUnlock(cpu);
                } else {
                  lock.readLock(cpu);
                  assertThat(lock.isReadBy(cpu)).isTrue();
                  lock.readUnlock(cpu);
                }
              });
          assertThat(lock.isContended(execution.cpu(0))).isFalse();
        });
  }

  /** Runs the same on all CPUs, again and again. */
  private void all(Execution execution, Consumer<Cpu> body) {
    all(execution, backend.repeats(), body);
  }

  private static void all(Execution execution, int rounds, Consumer<Cpu> body) {
    Meeting start = new Meeting(execution.platform(), CPUS);
    for (int i = 0; i < CPUS; i++) {
      execution.start(
          i,
          "locks " + i,
          cpu -> {
            start.meet(cpu);
            for (int round = 0; round < rounds; round++) {
              body.accept(cpu);
            }
          });
    }
    execution.join();
  }
}
