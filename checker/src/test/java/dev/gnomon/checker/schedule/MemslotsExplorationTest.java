package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.slot.SlotRegion;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** The readers of {@link Memslots} while arrays are exchanged, in every interleaving. */
class MemslotsExplorationTest {
  private static final SlotRegion SMALL = new SlotRegion(0, 0, 1, 16, false);
  private static final SlotRegion LARGE = new SlotRegion(0, 0, 2, 32, false);

  /** Arrays, of which a word by generation says whether they are given up. */
  private static final class Arrays {
    final Memslots memslots;
    final SharedWords isGivenUp;

    Arrays(Execution execution) {
      memslots = new Memslots(execution.platform(), execution.synchronization(), false, false);
      isGivenUp = execution.platform().newWords(16);
    }

    void exchange(Cpu cpu, SlotRegion region) {
      memslots.lock().lock(cpu);
      long old = memslots.current().generation();
      assertThat(memslots.exchange(cpu, 0, memslots.create(region))).isEqualTo(old + 2);
      isGivenUp.set((int) old, 1);
      memslots.lock().unlock(cpu);
    }

    void use() {
      int generation = (int) memslots.current().generation();
      assertThat(isGivenUp.get(generation)).as("generation %d is given up", generation).isZero();
    }

    void read(Cpu cpu) {
      memslots.enter(cpu);
      use();
      use();
      memslots.leave(cpu);
    }
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void aReaderKeepsItsArrayUntilItLeaves(Setting setting) {
    setting.assertSafe(
        2,
        execution -> {
          Arrays arrays = new Arrays(execution);
          execution.start(
              0,
              "exchanges",
              cpu -> {
                arrays.exchange(cpu, SMALL);
                arrays.exchange(cpu, LARGE);
              });
          execution.start(1, "reads", arrays::read);
          execution.join();
          assertThat(arrays.memslots.current().generation()).isEqualTo(4);
          assertThat(arrays.memslots.isExchanging()).isFalse();
        });
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void twoThatExchangeExcludeEachOther(Setting setting) {
    setting.assertSafe(
        3,
        execution -> {
          Arrays arrays = new Arrays(execution);
          execution.start(0, "exchanges", cpu -> arrays.exchange(cpu, SMALL));
          execution.start(1, "exchanges too", cpu -> arrays.exchange(cpu, LARGE));
          execution.start(2, "reads", arrays::read);
          execution.join();
          assertThat(arrays.memslots.current().generation()).isEqualTo(4);
        });
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void whoFindsNoExchangeUnderWayAndThenReadsSeesTheNewArray(Setting setting) {
    setting.assertSafe(
        2,
        execution -> {
          Arrays arrays = new Arrays(execution);
          SharedWords done = execution.platform().newWords(1);
          execution.start(
              0,
              "exchanges",
              cpu -> {
                arrays.exchange(cpu, SMALL);
                done.set(0, 1);
              });
          execution.start(
              1,
              "reads",
              cpu -> {
                boolean isDone = done.get(0) == 1;
                arrays.memslots.enter(cpu);
                if (isDone) {
                  assertThat(arrays.memslots.isExchanging()).isFalse();
                  assertThat(arrays.memslots.current().generation()).isEqualTo(2);
                }
                arrays.memslots.leave(cpu);
              });
          execution.join();
        });
  }

  @Test
  void aReaderThatDoesNotEnterIsRefuted() {
    for (Setting setting : Setting.all().toList()) {
      assertThat(
              setting
                  .assertRefuted(
                      2,
                      execution -> {
                        Arrays arrays = new Arrays(execution);
                        execution.start(0, "exchanges", cpu -> arrays.exchange(cpu, SMALL));
                        execution.start(1, "reads", cpu -> arrays.use());
                        execution.join();
                      })
                  .message())
          .contains("generation 0 is given up");
    }
  }

  @Test
  void aReaderThatGoesOnAfterItLeftIsRefuted() {
    assertThat(
            Setting.SC
                .assertRefuted(
                    2,
                    execution -> {
                      Arrays arrays = new Arrays(execution);
                      execution.start(0, "exchanges", cpu -> arrays.exchange(cpu, SMALL));
                      execution.start(
                          1,
                          "reads",
                          cpu -> {
                            arrays.memslots.enter(cpu);
                            int generation = (int) arrays.memslots.current().generation();
                            arrays.memslots.leave(cpu);
                            assertThat(arrays.isGivenUp.get(generation)).isZero();
                          });
                      execution.join();
                    })
                .message())
        .startsWith("reads (CPU 1)");
  }
}
