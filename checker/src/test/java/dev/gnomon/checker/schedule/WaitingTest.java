package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.checker.programs.Loops;
import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** Bodies that wait: for words, for locks, for a change of what they have read. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class WaitingTest {

  private static Exploration of(Consumer<Execution> program) {
    return Exploration.of(
        execution -> {
          program.accept(execution);
          return null;
        });
  }

  private static Violation violation(Exploration exploration) {
    Result result = exploration.explore();
    assertThat(result.isComplete()).isTrue();
    assertThat(result.isViolated()).isTrue();
    return result.counterexample().violation();
  }

  @Test
  void whoWaitsForAWordThatNobodyWritesIsADeadlock() {
    Violation violation =
        violation(
            of(
                execution -> {
                  SharedWords word = execution.platform().newWords(1);
                  execution.start(0, "sleeper", cpu -> cpu.awaitChange(word, 0, 0));
                  execution.start(1, "other", cpu -> word.set(0, 0));
                  execution.join();
                }));
    assertThat(violation.property()).isEqualTo(Property.PROGRESS);
    assertThat(violation.message())
        .startsWith("deadlock, everyone waits: sleeper waits for ")
        .endsWith(" to change from 0x0");
  }

  @Test
  void locksTakenCrosswiseAreADeadlockThatNamesBoth() {
    Violation violation =
        violation(
            of(
                execution -> {
                  SpinLock first = execution.synchronization().spinLock();
                  SpinLock second = execution.synchronization().spinLock();
                  execution.start(0, "forth", cpu -> takeBoth(cpu, first, second));
                  execution.start(1, "back", cpu -> takeBoth(cpu, second, first));
                  execution.join();
                }));
    assertThat(violation.property()).isEqualTo(Property.PROGRESS);
    assertThat(violation.message())
        .startsWith("deadlock, everyone waits: ")
        .contains("forth waits for spin lock", "back waits for spin lock");
  }

  private static void takeBoth(Cpu cpu, SpinLock outer, SpinLock inner) {
    outer.lock(cpu);
    inner.lock(cpu);
    inner.unlock(cpu);
    outer.unlock(cpu);
  }

  @Test
  void locksTakenInOneOrderAreNone() {
    Result result =
        of(execution -> {
              SpinLock outer = execution.synchronization().spinLock();
              SpinLock inner = execution.synchronization().spinLock();
              for (int i = 0; i < 3; i++) {
                execution.start(i, "both " + i, cpu -> takeBoth(cpu, outer, inner));
              }
              execution.join();
            })
            .explore();
    assertThat(result.isViolated()).isFalse();
    assertThat(result.executions()).isEqualTo(6);
  }

  @Test
  void whoIsAloneAndWaitsIsADeadlock() {
    Violation violation =
        violation(
            of(
                execution -> {
                  SharedWords word = execution.platform().newWords(1);
                  execution.start(0, "alone", cpu -> cpu.awaitChange(word, 0, 0));
                  execution.join();
                }));
    assertThat(violation.property()).isEqualTo(Property.PROGRESS);
    assertThat(violation.message()).startsWith("deadlock: CPU 0, alone, waits for ");
  }

  @Test
  void whoIsAloneAndTriesAgainForEverIsALivelock() {
    Violation violation =
        violation(
            of(
                execution -> {
                  SharedWords word = execution.platform().newWords(1);
                  execution.start(0, "alone", cpu -> retryUntilSet(cpu, word));
                  execution.join();
                }));
    assertThat(violation.property()).isEqualTo(Property.PROGRESS);
    assertThat(violation.message()).isEqualTo("livelock: CPU 0, alone, tries again for ever");
  }

  private static void retryUntilSet(Cpu cpu, SharedWords word) {
    while (word.get(0) == 0) {
      cpu.retrying();
    }
  }

  @Test
  void twoThatWaitForEachOtherToMoveAreALivelock() {
    Violation violation =
        violation(
            of(
                execution -> {
                  SharedWords words = execution.platform().newWords(2);
                  for (int i = 0; i < 2; i++) {
                    execution.start(
                        i,
                        "polite " + i,
                        cpu -> {
                          while (words.get(1 - cpu.index()) == 0) {
                            cpu.retrying();
                          }
                          words.set(cpu.index(), 1);
                        });
                  }
                  execution.join();
                }));
    assertThat(violation.property()).isEqualTo(Property.PROGRESS);
    assertThat(violation.message())
        .isEqualTo(
            "livelock, everyone waits: polite 0 waits for a word that it has read to change;"
                + " polite 1 waits for a word that it has read to change");
  }

  @ParameterizedTest
  @EnumSource
  void whoTriesAgainGoesOnWhenAWordThatItReadWasChanged(MemoryModel model) {
    Set<Long> rounds = new TreeSet<>();
    Result result =
        of(execution -> {
              SharedWords word = execution.platform().newWords(1);
              long[] tries = {0};
              execution.start(
                  0,
                  "tries",
                  cpu -> {
                    tries[0] = 1;
                    while (word.get(0) == 0) {
                      cpu.retrying();
                      tries[0]++;
                    }
                  });
              execution.start(1, "helps", cpu -> word.set(0, 1));
              execution.join();
              rounds.add(tries[0]);
            })
            .memoryModel(model)
            .explore();
    assertThat(result.isViolated()).isFalse();
    assertThat(rounds).containsExactly(1L, 2L);
  }

  @Test
  void aChangeOfAWordThatItHasNotReadDoesNotLetItGoOn() {
    Violation violation =
        violation(
            of(
                execution -> {
                  SharedWords words = execution.platform().newWords(2);
                  execution.start(0, "tries", cpu -> retryUntilSet(cpu, words));
                  execution.start(1, "does not help", cpu -> words.set(1, 1));
                  execution.join();
                }));
    assertThat(violation.message()).startsWith("livelock");
  }

  @ParameterizedTest
  @EnumSource
  void whatItWritesItselfDoesNotLetItGoOn(MemoryModel model) {
    Violation violation =
        violation(
            of(execution -> {
                  SharedWords words = execution.platform().newWords(2);
                  execution.start(
                      0,
                      "announces and tries",
                      cpu -> {
                        while (words.get(0) == 0) {
                          words.getAndSet(1, cpu.index() + words.get(1));
                          words.set(1, words.get(1) + 1);
                          cpu.retrying();
                        }
                      });
                  execution.start(1, "other", cpu -> {});
                  execution.join();
                })
                .memoryModel(model));
    assertThat(violation.message()).startsWith("livelock");
  }

  @Test
  void aNewAttemptForgetsWhatWasReadBefore() {
    Violation violation =
        violation(
            of(
                execution -> {
                  SharedWords words = execution.platform().newWords(2);
                  execution.start(
                      0,
                      "tries",
                      cpu -> {
                        words.get(1);
                        do {
                          cpu.attempting();
                          if (words.get(0) != 0) {
                            return;
                          }
                          cpu.retrying();
                        } while (true);
                      });
                  execution.start(1, "does not help", cpu -> words.set(1, 1));
                  execution.join();
                }));
    assertThat(violation.message()).startsWith("livelock");
  }

  @Test
  void aFrameThatIsFilledLetsGoOnWhoHasReadAWordOfIt() {
    Set<String> seen = new TreeSet<>();
    Result result =
        of(execution -> {
              PhysicalMemory memory = execution.platform().memory();
              long pfn = execution.platform().frames().allocate(execution.cpu(0));
              StringBuilder values = new StringBuilder();
              execution.start(
                  0,
                  "tries",
                  cpu -> {
                    long value;
                    while ((value = memory.getLong(PhysicalMemory.hpa(pfn) + 8)) == 0) {
                      values.append(value);
                      cpu.retrying();
                    }
                    values.append(value);
                  });
              execution.start(1, "fills", cpu -> memory.fill(pfn, 7));
              execution.join();
              seen.add(values.toString());
            })
            .explore();
    assertThat(result.isViolated()).isFalse();
    assertThat(seen).containsExactly("07", "7");
  }

  @Test
  void ofSeveralChangesEachCanBeTheFirst() {
    Set<String> seen = new TreeSet<>();
    Result result =
        of(execution -> {
              SharedWords words = execution.platform().newWords(2);
              StringBuilder values = new StringBuilder();
              execution.start(
                  0,
                  "tries",
                  cpu -> {
                    long both;
                    do {
                      both = 10 * words.get(0) + words.get(1);
                      values.append(both).append(' ');
                      if (both == 0) {
                        cpu.retrying();
                      }
                    } while (both == 0);
                  });
              execution.start(1, "first", cpu -> words.set(0, 1));
              execution.start(2, "second", cpu -> words.set(1, 1));
              execution.join();
              seen.add(values.toString());
            })
            .explore();
    assertThat(result.isViolated()).isFalse();
    assertThat(seen).containsExactlyInAnyOrder("0 10 ", "0 1 ", "0 11 ", "1 ", "10 ", "11 ");
  }

  @Test
  void aWaitThatIsSaidEndsInEveryInterleaving() {
    Result result =
        of(execution -> {
              SharedWords word = execution.platform().newWords(1);
              execution.start(0, "waits", cpu -> Loops.awaitSet(cpu, word));
              execution.start(1, "sets", cpu -> word.set(0, 1));
              execution.join();
            })
            .explore();
    assertThat(result.isViolated()).isFalse();
    assertThat(result.isComplete()).isTrue();
    assertThat(result.executions()).isEqualTo(2);
  }

  @Test
  void aLoopThatGoesRoundWithoutWaitingIsRefusedByItsPlace() {
    Exploration exploration =
        of(
            execution -> {
              SharedWords word = execution.platform().newWords(1);
              execution.start(0, "spins", cpu -> Loops.spinUntilSet(word));
              execution.start(1, "sets", cpu -> word.set(0, 1));
              execution.join();
            });
    assertThatExceptionOfType(CheckerException.class)
        .isThrownBy(exploration::explore)
        .withMessageContaining("spins goes on for more than 100000 steps")
        .withMessageContaining("at Loops.spinUntilSet:")
        .withMessageContaining("without waiting");
  }

  @ParameterizedTest
  @EnumSource
  void storesWithoutEndAreRefusedByTheirPlace(MemoryModel model) {
    Exploration exploration =
        of(execution -> {
              SharedWords word = execution.platform().newWords(1);
              execution.start(0, "stores", cpu -> Loops.storeForEver(word));
              execution.start(1, "other", cpu -> word.get(0));
              execution.join();
            })
            .memoryModel(model)
            .maxSteps(5000);
    assertThatExceptionOfType(CheckerException.class)
        .isThrownBy(exploration::explore)
        .withMessageContaining("goes on for more than 5000 steps")
        .withMessageContaining("at Loops.storeForEver:");
  }

  @Test
  void aWordOfAFrameThatIsFreedMeanwhileIsUsedAfterFree() {
    Violation violation =
        violation(
            of(
                execution -> {
                  PhysicalMemory memory = execution.platform().memory();
                  long pfn = execution.platform().frames().allocate(execution.cpu(1));
                  execution.start(
                      0, "waits", cpu -> cpu.awaitChange(memory, PhysicalMemory.hpa(pfn), 1));
                  execution.start(1, "frees", cpu -> execution.platform().frames().free(cpu, pfn));
                  execution.join();
                }));
    assertThat(violation.property()).isEqualTo(Property.NO_USE_AFTER_FREE);
  }
}
