package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.mmu.platform.SharedWords;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What is taken for a violation, and how it is shown. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class CounterexampleTest {

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

  // --- violations ---

  @Test
  void anAssertionThatFailsAfterTheJoinIsAViolation() {
    Counterexample found = Exploration.of(LOSES_AN_ADDITION).explore().counterexample();
    assertThat(found.violation().property()).isEqualTo(Property.EXPECTATION);
    assertThat(found.violation().message()).contains("expected: 2L");
  }

  @Test
  void anAssertionThatFailsInABodyIsAViolationThatNamesTheBody() {
    Counterexample found =
        Exploration.of(
                execution -> {
                  SharedWords word = execution.platform().newWords(1);
                  execution.start(0, "sets", cpu -> word.set(0, 1));
                  execution.start(1, "looks", cpu -> assertThat(word.get(0)).isZero());
                  execution.join();
                  return null;
                })
            .explore()
            .counterexample();
    assertThat(found.violation().property()).isEqualTo(Property.EXPECTATION);
    assertThat(found.violation().message()).startsWith("looks (CPU 1): ");
    assertThat(found.preemptions()).isZero();
    assertThat(found.steps()).isEqualTo(2);
  }

  @Test
  void anExceptionOfABodyIsAViolationOfTheStructure() {
    Violation violation =
        Exploration.of(
                execution -> {
                  SharedWords word = execution.platform().newWords(1);
                  execution.start(0, "sets", cpu -> word.set(0, 1));
                  execution.start(
                      1,
                      "fails",
                      cpu -> {
                        if (word.get(0) != 0) {
                          throw new IllegalStateException("a count is negative");
                        }
                      });
                  execution.join();
                  return null;
                })
            .explore()
            .counterexample()
            .violation();
    assertThat(violation.property()).isEqualTo(Property.STRUCTURE);
    assertThat(violation.message())
        .isEqualTo("fails (CPU 1): java.lang.IllegalStateException: a count is negative");
  }

  @Test
  void whatTheProgramReturnsIsTheViolation() {
    Violation lost = new Violation(Property.NO_WRITE_LOST, "a write is lost");
    Result result = Exploration.of(execution -> lost).explore();
    assertThat(result.counterexample().violation()).isEqualTo(lost);
    assertThat(result.executions()).isEqualTo(1);
  }

  @Test
  void aProgramWithoutBodiesHasOneExecution() {
    Result result = Exploration.of(execution -> null).explore();
    assertThat(result.isViolated()).isFalse();
    assertThat(result.isComplete()).isTrue();
    assertThat(result.executions()).isEqualTo(1);
  }

  // --- counterexamples ---

  @Test
  void aCounterexampleHasFewestPreemptionsThenFewestSteps() {
    Counterexample found = Exploration.of(LOSES_AN_ADDITION).explore().counterexample();
    assertThat(found.preemptions()).isEqualTo(1);
    assertThat(found.steps()).isEqualTo(4);
    assertThat(found.isShortest()).isTrue();
  }

  @Test
  void stepsThatItDoesNotNeedAreLeftOut() {
    Counterexample found =
        Exploration.of(
                execution -> {
                  SharedWords words = execution.platform().newWords(3);
                  for (int i = 0; i < 2; i++) {
                    execution.start(
                        i,
                        "has much to do " + i,
                        cpu -> {
                          for (int round = 0; round < 3; round++) {
                            words.set(cpu.index(), round + 1);
                          }
                        });
                  }
                  execution.start(2, "fails", cpu -> assertThat(words.get(2)).isEqualTo(1));
                  execution.join();
                  return null;
                })
            .explore()
            .counterexample();
    assertThat(found.steps()).isEqualTo(1);
    assertThat(found.isShortest()).isTrue();
  }

  @ParameterizedTest
  @EnumSource
  void aCounterexampleCanBeReplayed(MemoryModel model) {
    Exploration exploration = Exploration.of(LOSES_AN_ADDITION).memoryModel(model);
    Counterexample found = exploration.explore().counterexample();
    List<Step> steps = new ArrayList<>();
    Violation again = exploration.replay(found.schedule(), (step, memory) -> steps.add(step));
    assertThat(again).isEqualTo(found.violation());
    assertThat(steps)
        .filteredOn(step -> model == MemoryModel.SC || step.kind() != Step.Kind.STORE)
        .as("a store into a buffer is shown, but is no step")
        .hasSize((int) found.steps());
    assertThat(steps).extracting(Step::number).startsWith(1, 2, 3, 4);
    assertThat(steps).filteredOn(step -> step.kind() == Step.Kind.STORE).hasSize(2);
    assertThat(exploration.replay(found.schedule(), (step, memory) -> {})).isEqualTo(again);
  }

  @Test
  void withoutTimeToShortenItIsNotSaidToBeShortest() {
    Counterexample found =
        Exploration.of(LOSES_AN_ADDITION).shortening(Duration.ZERO).explore().counterexample();
    assertThat(found.isShortest()).isFalse();
    assertThat(found.violation().message()).contains("expected: 2L");
  }

  @Test
  void withTooLittleTimeToShortenItIsNotSaidToBeShortest() {
    Counterexample found =
        Exploration.of(LOSES_AN_ADDITION)
            .shortening(Duration.ofNanos(1))
            .explore()
            .counterexample();
    assertThat(found.isShortest()).isFalse();
  }
}
