package dev.gnomon.machine.port;

import static dev.gnomon.machine.port.MemoryContract.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.function.Consumer;
import java.util.function.Predicate;
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
          memory.fill(PhysicalMemory.pfn(at), 0);
          SharedWords flag = execution.platform().newWords(2 * SharedWords.STRIDE);
          execution.start(
              0,
              "sends",
              cpu -> {
                for (int round = 1; round <= backend.meetings(); round++) {
                  memory.setLong(at, round);
                  memory.setInt(at + 8, round);
                  memory.setShort(at + 14, (short) round);
                  memory.setByte(at + 17, (byte) round);
                  flag.set(X, round);
                  awaitValue(cpu, flag, Y, round);
                }
              });
          execution.start(
              1,
              "receives",
              cpu -> {
                for (int round = 1; round <= backend.meetings(); round++) {
                  awaitValue(cpu, flag, X, round);
                  assertThat(memory.getByte(at + 17)).isEqualTo((byte) round);
                  assertThat(memory.getShort(at + 14)).isEqualTo((short) round);
                  assertThat(memory.getInt(at + 8)).isEqualTo(round);
                  assertThat(memory.getLong(at)).isEqualTo(round);
                  flag.set(Y, round);
                }
              });
          execution.join();
        });
  }

  private static void awaitValue(Cpu cpu, SharedWords words, int index, long value) {
    long seen;
    while ((seen = words.get(index)) != value) {
      cpu.awaitChange(words, index, seen);
    }
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
                for (int round = 1; round <= backend.accesses(); round++) {
                  message.set(0, round);
                  memory.setLong(flag, round);
                }
              });
          execution.start(
              1,
              "receives",
              cpu -> {
                for (long seen = 0; seen < backend.accesses(); ) {
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
    exclude(
        (platform, words, mine) -> {
          words.set(mine, 1);
          platform.fullFence();
        });
  }

  @Test
  void aReadModifyWriteOfAWordIsAFullBarrier() {
    exclude((platform, words, mine) -> words.getAndSet(mine, 1));
    exclude((platform, words, mine) -> words.getAndAdd(mine, 1));
    exclude((platform, words, mine) -> words.getAndOr(mine, 1));
    exclude((platform, words, mine) -> words.compareAndExchange(mine, 0, 1));
  }

  private interface Claim {
    void claim(Platform platform, SharedWords words, int mine);
  }

  private void exclude(Claim claim) {
    backend.explore(
        2,
        execution -> {
          Platform platform = execution.platform();
          SharedWords words = platform.newWords(2 * SharedWords.STRIDE);
          exclude(
              execution,
              cpu -> {
                claim.claim(platform, words, mine(cpu));
                return words.get(X + Y - mine(cpu)) == 0;
              },
              cpu -> words.set(mine(cpu), 0));
        });
  }

  @Test
  void aReadModifyWriteOfMemoryIsAFullBarrier() {
    excludeInMemory((memory, mine) -> memory.getAndSetLong(mine, 1));
    excludeInMemory((memory, mine) -> memory.getAndOrInt(mine, 1));
    excludeInMemory((memory, mine) -> memory.getAndAddInt(mine, 1));
    excludeInMemory((memory, mine) -> memory.compareAndExchangeLong(mine, 0, 1));
  }

  private interface ClaimInMemory {
    void claim(PhysicalMemory memory, long mine);
  }

  private void excludeInMemory(ClaimInMemory claim) {
    backend.explore(
        2,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          long at = frame(execution);
          memory.fill(PhysicalMemory.pfn(at), 0);
          exclude(
              execution,
              cpu -> {
                claim.claim(memory, at + 8L * mine(cpu));
                return memory.getLong(at + 8L * (X + Y - mine(cpu))) == 0;
              },
              cpu -> memory.setLong(at + 8L * mine(cpu), 0));
        });
  }

  private static int mine(Cpu cpu) {
    return cpu.index() == 0 ? X : Y;
  }

  /**
   * Who claims and then does not see the other's claim may count. If a load could go ahead of the
   * store before it, both would count at once, and lose each other's.
   */
  private void exclude(Execution execution, Predicate<Cpu> claims, Consumer<Cpu> leave) {
    Meeting start = new Meeting(execution.platform(), 2);
    SharedWords count = execution.platform().newWords(1);
    long[] counted = new long[2];
    for (int i = 0; i < 2; i++) {
      execution.start(
          i,
          "claims " + i,
          cpu -> {
            long mine = 0;
            start.meet(cpu);
            for (int round = 0; round < backend.accesses(); round++) {
              if (claims.test(cpu)) {
                count.set(0, count.get(0) + 1);
                mine++;
              }
              leave.accept(cpu);
            }
            counted[cpu.index()] = mine;
          });
    }
    execution.join();
    assertThat(count.get(0)).isEqualTo(counted[0] + counted[1]);
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
                  for (int round = cpu.index(); round < backend.meetings(); round += 2) {
                    awaitValue(cpu, ball, 0, round);
                    ball.set(0, round + 1);
                  }
                });
          }
          execution.join();
          assertThat(ball.get(0)).isEqualTo(backend.meetings());
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
                  for (int round = cpu.index(); round < backend.meetings(); round += 2) {
                    long seen;
                    while ((seen = memory.getLong(ball)) != round) {
                      cpu.awaitChange(memory, ball, seen);
                    }
                    memory.setLong(ball, round + 1);
                  }
                });
          }
          execution.join();
          assertThat(memory.getLong(ball)).isEqualTo(backend.meetings());
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
