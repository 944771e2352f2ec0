package dev.gnomon.machine.port;

import static dev.gnomon.machine.port.MemoryContract.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;

/** In which order CPUs see what others do, and that waiting ends. */
abstract class OrderingContract {
  /** In longs. Words at this distance share no cache line. */
  private static final int X = 0;

  private static final int Y = SharedWords.STRIDE;

  private final Backend backend;

  OrderingContract(Backend backend) {
    this.backend = backend;
  }

  @Test
  void whoSeesTheFlagSeesTheMessageWrittenBefore() {
    backend.explore(
        2,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          long at = frame(execution);
          memory.setLong(at, 0);
          SharedWords flag = execution.platform().newWords(1);
          execution.start(
              0,
              "sends",
              cpu -> {
                for (int round = 1; round <= backend.repeats(); round++) {
                  memory.setInt(at, round);
                  memory.setByte(at + 9, (byte) round);
                  flag.set(0, round);
                }
              });
          execution.start(
              1,
              "receives",
              cpu -> {
                for (long seen = 0; seen < backend.repeats(); ) {
                  cpu.awaitChange(flag, 0, seen);
                  seen = flag.get(0);
                  // The sender goes on meanwhile: it can be ahead, not behind.
                  assertThat((byte) (memory.getByte(at + 9) - seen)).isNotNegative();
                  assertThat(memory.getInt(at)).isGreaterThanOrEqualTo((int) seen);
                  seen = Math.max(seen, flag.get(0));
                }
              });
          execution.join();
        });
  }

  @Test
  void memoryAndWordsAreOrderedAmongEachOther() {
    backend.explore(
        2,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          long flag = frame(execution);
          memory.setLong(flag, 0);
          SharedWords message = execution.platform().newWords(1);
          execution.start(
              0,
              "sends",
              cpu -> {
                for (int round = 1; round <= backend.repeats(); round++) {
                  message.set(0, round);
                  memory.setLong(flag, round);
                }
              });
          execution.start(
              1,
              "receives",
              cpu -> {
                for (long seen = 0; seen < backend.repeats(); ) {
                  cpu.awaitChange(memory, flag, seen);
                  seen = memory.getLong(flag);
                  assertThat(message.get(0)).isGreaterThanOrEqualTo(seen);
                }
              });
          execution.join();
        });
  }

  @Test
  void ofTwoThatStoreThenFenceThenLoadOneSeesTheOther() {
    storeThenLoad(
        (platform, words, mine) -> {
          words.set(mine, 1);
          platform.fullFence();
        });
  }

  @Test
  void aReadModifyWriteOfAWordIsAFullBarrier() {
    storeThenLoad((platform, words, mine) -> words.getAndSet(mine, 1));
    storeThenLoad((platform, words, mine) -> words.getAndAdd(mine, 1));
    storeThenLoad((platform, words, mine) -> words.getAndOr(mine, 1));
    storeThenLoad((platform, words, mine) -> words.compareAndExchange(mine, 0, 1));
  }

  private interface Store {
    void store(Platform platform, SharedWords words, int mine);
  }

  private void storeThenLoad(Store store) {
    backend.explore(
        2,
        execution -> {
          Platform platform = execution.platform();
          SharedWords words = platform.newWords(2 * SharedWords.STRIDE);
          SharedWords seen = platform.newWords(2 * SharedWords.STRIDE);
          together(
              execution,
              cpu -> {
                int mine = cpu.index() == 0 ? X : Y;
                store.store(platform, words, mine);
                seen.set(mine, words.get(X + Y - mine));
              },
              cpu -> {
                assertThat(seen.get(X) + seen.get(Y)).as("at least one sees").isPositive();
                words.set(X, 0);
                words.set(Y, 0);
              });
        });
  }

  @Test
  void aReadModifyWriteOfMemoryIsAFullBarrier() {
    storeThenLoadInMemory((memory, mine) -> memory.getAndSetLong(mine, 1));
    storeThenLoadInMemory((memory, mine) -> memory.getAndOrInt(mine, 1));
    storeThenLoadInMemory((memory, mine) -> memory.getAndAddInt(mine, 1));
    storeThenLoadInMemory((memory, mine) -> memory.compareAndExchangeLong(mine, 0, 1));
  }

  private interface StoreInMemory {
    void store(PhysicalMemory memory, long mine);
  }

  private void storeThenLoadInMemory(StoreInMemory store) {
    backend.explore(
        2,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          SharedWords seen = execution.platform().newWords(2 * SharedWords.STRIDE);
          long at = frame(execution);
          memory.fill(PhysicalMemory.pfn(at), 0);
          together(
              execution,
              cpu -> {
                int mine = cpu.index() == 0 ? X : Y;
                store.store(memory, at + 8L * mine);
                seen.set(mine, memory.getLong(at + 8L * (X + Y - mine)));
              },
              cpu -> {
                assertThat(seen.get(X) + seen.get(Y)).as("at least one sees").isPositive();
                memory.setLong(at + 8 * X, 0);
                memory.setLong(at + 8 * Y, 0);
              });
        });
  }

  /** Both CPUs act at the same time; then one checks and puts everything back, and so on. */
  private void together(Execution execution, Consumer<Cpu> act, Consumer<Cpu> check) {
    Meeting meeting = new Meeting(execution.platform(), 2);
    for (int i = 0; i < 2; i++) {
      execution.start(
          i,
          "stores and loads " + i,
          cpu -> {
            for (int round = 0; round < backend.repeats(); round++) {
              meeting.meet(cpu);
              act.accept(cpu);
              meeting.meet(cpu);
              if (cpu.index() == 0) {
                check.accept(cpu);
              }
            }
          });
    }
    execution.join();
  }

  @Test
  void aWaitForAWordEndsWhenItChanges() {
    backend.explore(
        2,
        execution -> {
          SharedWords ball = execution.platform().newWords(1);
          for (int i = 0; i < 2; i++) {
            execution.start(
                i,
                "plays " + i,
                cpu -> {
                  for (int round = cpu.index(); round < backend.repeats(); round += 2) {
                    long seen;
                    while ((seen = ball.get(0)) != round) {
                      cpu.awaitChange(ball, 0, seen);
                    }
                    ball.set(0, round + 1);
                  }
                });
          }
          execution.join();
          assertThat(ball.get(0)).isEqualTo(backend.repeats());
        });
  }

  @Test
  void aWaitForMemoryEndsWhenItChanges() {
    backend.explore(
        2,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          long ball = frame(execution);
          memory.setLong(ball, 0);
          for (int i = 0; i < 2; i++) {
            execution.start(
                i,
                "plays " + i,
                cpu -> {
                  for (int round = cpu.index(); round < backend.repeats(); round += 2) {
                    long seen;
                    while ((seen = memory.getLong(ball)) != round) {
                      cpu.awaitChange(memory, ball, seen);
                    }
                    memory.setLong(ball, round + 1);
                  }
                });
          }
          execution.join();
          assertThat(memory.getLong(ball)).isEqualTo(backend.repeats());
        });
  }

  @Test
  void aChoiceIsOneOfTheOutcomes() {
    backend.explore(
        1,
        execution -> {
          execution.start(
              0,
              "chooses",
              cpu -> {
                assertThat(cpu.choose(1)).isZero();
                assertThat(cpu.choose(3)).isBetween(0, 2);
              });
          execution.join();
        });
  }
}
