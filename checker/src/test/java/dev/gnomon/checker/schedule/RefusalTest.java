package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.checker.programs.Loops;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Programs that cannot be explored: refused with a reason, not explored wrongly, nor for ever. */
@Timeout(value = 60, unit = TimeUnit.SECONDS)
class RefusalTest {

  private static Exploration of(Consumer<Execution> program) {
    return Exploration.of(
        execution -> {
          program.accept(execution);
          return null;
        });
  }

  private static void assertRefused(Exploration exploration, String... parts) {
    assertThatExceptionOfType(CheckerException.class)
        .isThrownBy(exploration::explore)
        .satisfies(refusal -> assertThat(refusal.getMessage()).contains(parts));
  }

  // --- not the same each time ---

  @Test
  void anotherWordThanTheLastTimeIsRefusedByItsPlace() {
    AtomicInteger runs = new AtomicInteger();
    assertRefused(
        of(
            execution -> {
              SharedWords words = execution.platform().newWords(2);
              SharedWords other = execution.platform().newWords(2);
              boolean isFirst = runs.getAndIncrement() == 0;
              execution.start(
                  0,
                  "a",
                  cpu -> {
                    words.set(1, 2);
                    if (isFirst) {
                      words.set(0, 1);
                    } else {
                      Loops.load(other);
                    }
                    words.set(0, 3);
                  });
              execution.start(1, "b", cpu -> words.get(0));
              execution.join();
            }),
        "the program is not deterministic: step 2 was STORE of location 1 by CPU 0, and is LOAD",
        "at Loops.load:");
  }

  @Test
  void aBodyThatEndsSoonerThanTheLastTimeIsRefused() {
    AtomicInteger runs = new AtomicInteger();
    assertRefused(
        of(
            execution -> {
              SharedWords words = execution.platform().newWords(2);
              boolean isFirst = runs.getAndIncrement() == 0;
              execution.start(
                  0,
                  "a",
                  cpu -> {
                    words.get(0);
                    if (isFirst) {
                      words.get(0);
                    }
                    words.set(1, 3);
                  });
              execution.start(1, "b", cpu -> words.set(1, 4));
              execution.join();
            }),
        "the program is not deterministic");
  }

  @Test
  void aBodyThatHasNothingToDoThisTimeIsRefused() {
    AtomicInteger runs = new AtomicInteger();
    assertRefused(
        of(
            execution -> {
              SharedWords words = execution.platform().newWords(1);
              boolean isFirst = runs.getAndIncrement() == 0;
              execution.start(
                  0,
                  "a",
                  cpu -> {
                    if (isFirst) {
                      words.get(0);
                      words.set(0, 3);
                    }
                  });
              execution.start(1, "b", cpu -> words.set(0, 4));
              execution.join();
            }),
        "the program is not deterministic: decision 2 cannot be taken as in the execution before");
  }

  @Test
  void aChoiceAmongMoreThanTheLastTimeIsRefused() {
    AtomicInteger runs = new AtomicInteger();
    assertRefused(
        of(
            execution -> {
              SharedWords words = execution.platform().newWords(1);
              int outcomes = 2 + runs.getAndIncrement();
              execution.start(0, "a", cpu -> words.set(0, cpu.choose(outcomes)));
              execution.start(1, "b", cpu -> words.set(0, 4));
              execution.join();
            }),
        "the program is not deterministic");
  }

  // --- where a coroutine cannot stop ---

  private static final Object MONITOR = new Object();

  @Test
  void aMonitorInWhichAnotherHasStoppedIsRefused() {
    assertRefused(
        of(
            execution -> {
              SharedWords word = execution.platform().newWords(1);
              for (int i = 0; i < 2; i++) {
                execution.start(
                    i,
                    "in a monitor " + i,
                    cpu -> {
                      synchronized (MONITOR) {
                        word.set(0, word.get(0) + 1);
                        word.set(0, word.get(0) + 1);
                      }
                    });
              }
              execution.join();
            }),
        "a body waits for a monitor, at ",
        "RefusalTest");
  }

  /** Waits in its initialiser for whoever sets the word. */
  private static final class Initialised {
    static final long VALUE = Waiting.await();
  }

  private static final class Waiting {
    static Cpu cpu;
    static SharedWords word;

    static long await() {
      Loops.awaitSet(cpu, word);
      return word.get(0);
    }
  }

  @Test
  void aClassInitialiserThatWouldStopIsRefused() {
    assertRefused(
        of(
            execution -> {
              SharedWords word = execution.platform().newWords(1);
              execution.start(
                  0,
                  "initialises",
                  cpu -> {
                    Waiting.cpu = cpu;
                    Waiting.word = word;
                    assertThat(Initialised.VALUE).isEqualTo(1);
                  });
              execution.start(1, "sets", cpu -> word.set(0, 1));
              execution.join();
            }),
        "initialises would have to stop inside a native method or class initialiser",
        "Loops.awaitSet:");
  }

  @Test
  void thatItWouldStopThereIsNotHiddenByABodyThatCatchesAll() {
    assertRefused(
        of(
            execution -> {
              SharedWords word = execution.platform().newWords(1);
              execution.start(
                  0,
                  "catches",
                  cpu -> {
                    Swallowing.cpu = cpu;
                    Swallowing.word = word;
                    try {
                      Swallowed.touch();
                    } catch (ExceptionInInitializerError e) {
                      word.set(0, 2);
                    }
                  });
              execution.start(1, "sets", cpu -> word.set(0, 1));
              execution.join();
            }),
        "catches would have to stop inside a native method or class initialiser");
  }

  private static final class Swallowing {
    static Cpu cpu;
    static SharedWords word;
  }

  private static final class Swallowed {
    static {
      Loops.awaitSet(Swallowing.cpu, Swallowing.word);
    }

    static void touch() {}
  }

  // --- what bodies may not do ---

  @Test
  void aBodyThatJoinsFails() {
    Result result =
        of(execution -> {
              SharedWords word = execution.platform().newWords(1);
              execution.start(0, "joins", cpu -> execution.join());
              execution.start(1, "other", cpu -> word.set(0, 1));
              execution.join();
            })
            .explore();
    assertThat(result.counterexample().violation().message()).contains("a body cannot join");
  }

  @Test
  void anErrorOfTheProgramEndsAllCarriers() {
    Exploration exploration =
        of(execution -> {
              SharedWords word = execution.platform().newWords(1);
              for (int i = 0; i < 3; i++) {
                execution.start(i, "writes " + i, cpu -> word.set(0, cpu.index()));
              }
              execution.join();
              if (word.get(0) == 2) {
                throw new StackOverflowError("on purpose");
              }
            })
            .carriers(2);
    assertThatExceptionOfType(StackOverflowError.class)
        .isThrownBy(exploration::explore)
        .withMessage("on purpose");
  }
}
