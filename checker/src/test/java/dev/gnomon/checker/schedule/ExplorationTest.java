package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.platform.SharedWords;
import java.time.Duration;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.RepeatedTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What an exploration covers, how it ends, and what it says of that. */
@Timeout(value = 120, unit = TimeUnit.SECONDS)
class ExplorationTest {

  /** Two that each load and store a word: an addition can be lost. */
  private static final Program LOSES_AN_ADDITION =
      execution -> {
        SharedWords word = execution.platform().newWords(1);
        for (int i = 0; i < 2; i++) {
          execution.start(i, "adds " + i, cpu -> word.set(0, word.get(0) + 1));
        }
        execution.join();
        assertThat(word.get(0)).isEqualTo(2);
        return null;
      };

  /** Three that write one word twice: 90 executions. */
  private static final Program WRITES =
      execution -> {
        SharedWords word = execution.platform().newWords(1);
        for (int i = 0; i < 3; i++) {
          execution.start(
              i,
              "writes " + i,
              cpu -> {
                word.set(0, 1 + 2 * cpu.index());
                word.set(0, 2 + 2 * cpu.index());
              });
        }
        execution.join();
        return null;
      };

  private static Exploration manyWrites() {
    return Exploration.of(
            execution -> {
              SharedWords word = execution.platform().newWords(1);
              for (int i = 0; i < 4; i++) {
                execution.start(
                    i,
                    "writes " + i,
                    cpu -> {
                      for (int round = 0; round < 5; round++) {
                        word.set(0, 1 + 4 * round + cpu.index());
                      }
                    });
              }
              execution.join();
              return null;
            })
        .cpus(4);
  }

  // --- limits ---

  @Test
  void aLimitOfExecutionsIsNamed() {
    Result result = manyWrites().maxExecutions(7).explore();
    assertThat(result.limit()).isEqualTo("7 executions");
    assertThat(result.isComplete()).isFalse();
    assertThat(result.executions()).isEqualTo(7);
  }

  @Test
  void aLimitOfTimeIsNamed() {
    Result result = manyWrites().maxTime(Duration.ofMillis(100)).explore();
    assertThat(result.limit()).isEqualTo("0.1 s");
    assertThat(result.isComplete()).isFalse();
    assertThat(result.elapsed()).isBetween(Duration.ofMillis(100), Duration.ofSeconds(30));
  }

  @Test
  void aBoundOnPreemptionsIsNamedIfItLeftSomethingOut() {
    assertThat(Exploration.of(LOSES_AN_ADDITION).maxPreemptions(0).explore().limit())
        .isEqualTo("0 preemptions");
    assertThat(Exploration.of(WRITES).maxPreemptions(1).explore().limit())
        .isEqualTo("1 preemption");
    assertThat(Exploration.of(WRITES).maxPreemptions(20).explore().limit()).isNull();
  }

  @Test
  void withinTheBoundItIsFound() {
    assertThat(Exploration.of(LOSES_AN_ADDITION).maxPreemptions(0).explore().isViolated())
        .isFalse();
    assertThat(Exploration.of(LOSES_AN_ADDITION).maxPreemptions(1).explore().isViolated()).isTrue();
  }

  @Test
  void aViolationIsTheWholeAnswerWhateverWasLeft() {
    Result result = Exploration.of(LOSES_AN_ADDITION).maxPreemptions(1).explore();
    assertThat(result.isComplete()).isTrue();
  }

  @Test
  void anInterruptEndsItWithWhatItHas() throws InterruptedException {
    CountDownLatch isRunning = new CountDownLatch(1);
    AtomicReference<Result> result = new AtomicReference<>();
    AtomicReference<Boolean> isStillInterrupted = new AtomicReference<>();
    Thread explorer =
        new Thread(
            () -> {
              result.set(
                  manyWrites().carriers(2).observer(each -> isRunning.countDown()).explore());
              isStillInterrupted.set(Thread.currentThread().isInterrupted());
            });
    explorer.start();
    isRunning.await();
    explorer.interrupt();
    explorer.join();
    assertThat(result.get().limit()).isEqualTo("interrupted");
    assertThat(result.get().executions()).isPositive();
    assertThat(result.get().isViolated()).isFalse();
    assertThat(isStillInterrupted.get()).isTrue();
  }

  // --- modes ---

  @ParameterizedTest
  @EnumSource(names = {"RANDOM", "PCT"})
  void chanceFindsARace(Mode mode) {
    Result result = Exploration.of(LOSES_AN_ADDITION).mode(mode).maxExecutions(1000).explore();
    assertThat(result.isViolated()).isTrue();
    assertThat(result.counterexample().steps()).isEqualTo(4);
  }

  @ParameterizedTest
  @EnumSource(names = {"RANDOM", "PCT"})
  void chanceRepeatsItselfWithTheSameSeed(Mode mode) {
    Set<Long> executions = new TreeSet<>();
    Set<String> schedules = new TreeSet<>();
    for (long seed = 1; seed <= 20; seed++) {
      Exploration exploration =
          Exploration.of(LOSES_AN_ADDITION).mode(mode).seed(seed).shortening(Duration.ZERO);
      Result first = exploration.explore();
      Result second = exploration.explore();
      assertThat(second.executions()).isEqualTo(first.executions());
      assertThat(second.counterexample()).isEqualTo(first.counterexample());
      executions.add(first.executions());
      schedules.add(first.counterexample().schedule().toString());
    }
    assertThat(executions.size() + schedules.size()).as("seeds differ").isGreaterThan(3);
  }

  @ParameterizedTest
  @EnumSource(names = {"RANDOM", "PCT"})
  void chanceNeverSaysThatItIsComplete(Mode mode) {
    Result result = Exploration.of(WRITES).mode(mode).maxExecutions(50).explore();
    assertThat(result.isViolated()).isFalse();
    assertThat(result.isComplete()).isFalse();
    assertThat(result.limit()).isEqualTo("50 executions");
    assertThat(result.executions()).isEqualTo(50);
  }

  // --- choices of nature ---

  @Test
  void everyOutcomeOfAChoiceIsExploredInEveryInterleaving() {
    Set<String> seen = new ConcurrentSkipListSet<>();
    Result result =
        Exploration.of(
                execution -> {
                  SharedWords words = execution.platform().newWords(2);
                  execution.start(
                      0,
                      "chooses",
                      cpu -> {
                        int first = cpu.choose(3);
                        int second = cpu.choose(2);
                        words.set(0, 1 + 2 * first + second);
                      });
                  execution.start(1, "looks", cpu -> words.set(1, words.get(0)));
                  execution.join();
                  seen.add(words.get(0) + " " + words.get(1));
                  return null;
                })
            .explore();
    assertThat(seen)
        .containsExactly(
            "1 0", "1 1", "2 0", "2 2", "3 0", "3 3", "4 0", "4 4", "5 0", "5 5", "6 0", "6 6");
    assertThat(result.executions()).isEqualTo(12);
  }

  @Test
  void whoPreparesOrIsAloneGetsWhatSimpleHardwareDoes() {
    Set<Integer> seen = new ConcurrentSkipListSet<>();
    Result result =
        Exploration.of(
                execution -> {
                  seen.add(execution.cpu(0).choose(5));
                  execution.start(0, "alone", cpu -> seen.add(cpu.choose(5)));
                  execution.join();
                  return null;
                })
            .explore();
    assertThat(seen).containsExactly(0);
    assertThat(result.executions()).isEqualTo(1);
  }

  // --- carriers ---

  @RepeatedTest(5)
  void twoCarriersExploreWhatOneDoes() {
    assertThat(Exploration.of(WRITES).explore().executions()).isEqualTo(90);
    assertThat(Exploration.of(WRITES).carriers(2).explore().executions()).isEqualTo(90);
    assertThat(Exploration.of(WRITES).carriers(3).explore().executions()).isEqualTo(90);
  }

  @RepeatedTest(3)
  void twoCarriersExploreWhatOneDoesUnderTso() {
    Exploration one = Exploration.of(WRITES).memoryModel(MemoryModel.TSO);
    long executions = one.explore().executions();
    assertThat(one.carriers(2).explore().executions()).isEqualTo(executions);
  }

  @RepeatedTest(3)
  void twoCarriersFindARaceToo() {
    Result result = Exploration.of(LOSES_AN_ADDITION).carriers(2).explore();
    assertThat(result.counterexample().steps()).isEqualTo(4);
    assertThat(result.counterexample().isShortest()).isTrue();
  }

  // --- phases ---

  @Test
  void bodiesBetweenJoinsAreExploredTogetherAndWithThoseBefore() {
    Set<Long> seen = new ConcurrentSkipListSet<>();
    Result result =
        Exploration.of(
                execution -> {
                  SharedWords word = execution.platform().newWords(1);
                  for (int phase = 0; phase < 2; phase++) {
                    for (int i = 0; i < 2; i++) {
                      int digit = 1 + 2 * phase + i;
                      execution.start(i, "writes", cpu -> word.set(0, 10 * word.get(0) + digit));
                    }
                    execution.join();
                  }
                  seen.add(word.get(0));
                  return null;
                })
            .explore();
    assertThat(seen)
        .containsExactly(
            13L, 14L, 23L, 24L, 123L, 124L, 134L, 143L, 213L, 214L, 234L, 243L, 1234L, 1243L, 2134L,
            2143L);
    assertThat(result.isComplete()).isTrue();
  }

  @Test
  void aBodyThatWasStartedByABodyIsExploredWithIt() {
    Set<Long> seen = new ConcurrentSkipListSet<>();
    Program program =
        execution -> {
          SharedWords word = execution.platform().newWords(1);
          execution.start(
              0,
              "parent",
              parent -> {
                word.set(0, 1);
                execution.start(1, "child", child -> word.set(0, 10 * word.get(0) + 2));
                word.set(0, 10 * word.get(0) + 3);
              });
          execution.join();
          seen.add(word.get(0));
          return null;
        };
    assertThat(Exploration.of(program).explore().isComplete()).isTrue();
    assertThat(seen).containsExactly(12L, 13L, 123L, 132L);
    seen.clear();
    Exploration.of(program).maxPreemptions(0).explore();
    assertThat(seen).as("the parent goes on, as long as it can").containsExactly(132L);
  }
}
