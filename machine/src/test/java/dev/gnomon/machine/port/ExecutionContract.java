package dev.gnomon.machine.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.machine.thread.StoppedException;
import dev.gnomon.mmu.platform.SharedWords;
import org.junit.jupiter.api.Test;

/** How bodies are started, joined and stopped. */
abstract class ExecutionContract {
  private final Backend backend;

  ExecutionContract(Backend backend) {
    this.backend = backend;
  }

  @Test
  void bodiesSeeWhatWasPreparedAndTheirWorkIsSeenAfterTheJoin() {
    backend.explore(
        2,
        execution -> {
          SharedWords words = execution.platform().newWords(2);
          words.set(0, 1);
          words.set(1, 2);
          int[] plain = {3, 4};
          for (int i = 0; i < 2; i++) {
            execution.start(
                i,
                "doubles " + i,
                cpu -> {
                  int mine = cpu.index();
                  words.set(mine, 2 * words.get(mine));
                  plain[mine] *= 2;
                });
          }
          execution.join();
          assertThat(words.get(0)).isEqualTo(2);
          assertThat(words.get(1)).isEqualTo(4);
          assertThat(plain).containsExactly(6, 8);
        });
  }

  @Test
  void aCpuCanRunAnotherBodyAfterAJoin() {
    backend.explore(
        2,
        execution -> {
          SharedWords word = execution.platform().newWords(1);
          for (int i = 0; i < 3; i++) {
            execution.start(0, "adds", cpu -> word.getAndAdd(0, 1));
            execution.join();
          }
          assertThat(word.get(0)).isEqualTo(3);
        });
  }

  @Test
  void aBodyCanStartAnother() {
    backend.explore(
        2,
        execution -> {
          SharedWords word = execution.platform().newWords(1);
          execution.start(
              0,
              "parent",
              cpu -> {
                execution.start(1, "child", child -> word.set(0, 1));
                cpu.awaitChange(word, 0, 0);
              });
          execution.join();
          assertThat(word.get(0)).isEqualTo(1);
        });
  }

  @Test
  void aCpuRunsOneBodyAtATime() {
    backend.explore(
        2,
        execution -> {
          SharedWords word = execution.platform().newWords(1);
          execution.start(0, "waits", cpu -> cpu.awaitChange(word, 0, 0));
          assertThatIllegalStateException()
              .isThrownBy(() -> execution.start(0, "too many", cpu -> {}))
              .withMessageContaining("waits");
          execution.start(1, "ends it", cpu -> word.set(0, 1));
          execution.join();
        });
  }

  @Test
  void aFailureEndsThoseWhoWaitAndIsThrownByTheJoin() {
    backend.explore(
        3,
        execution -> {
          SharedWords word = execution.platform().newWords(1);
          SharedWords stopped = execution.platform().newWords(1);
          for (int i = 0; i < 2; i++) {
            execution.start(
                i,
                "waits " + i,
                cpu -> {
                  while (word.get(0) == 0) {
                    cpu.awaitChange(word, 0, 0);
                  }
                });
          }
          IllegalArgumentException cause = new IllegalArgumentException("on purpose");
          execution.start(
              2,
              "fails",
              cpu -> {
                stopped.set(0, 1);
                throw cause;
              });
          CpuFailureException failure =
              catchThrowableOfType(CpuFailureException.class, execution::join);
          assertThat(failure).hasCause(cause).hasMessageContaining("fails");
          assertThat(failure.cpuIndex()).isEqualTo(2);
          assertThat(stopped.get(0)).isEqualTo(1);
        });
  }

  @Test
  void aBodyThatNeverWaitsIsStoppedWhereItAsks() {
    backend.exploreFairly(
        2,
        execution -> {
          SharedWords started = execution.platform().newWords(1);
          execution.start(
              0,
              "goes on",
              cpu -> {
                for (; ; ) {
                  started.set(0, 1);
                  execution.checkStopped();
                }
              });
          execution.start(
              1,
              "stops",
              cpu -> {
                cpu.awaitChange(started, 0, 0);
                execution.stop(null);
              });
          assertThatExceptionOfType(StoppedException.class).isThrownBy(execution::join);
        });
  }

  @Test
  void whoRetriesForEverIsStopped() {
    backend.explore(
        2,
        execution -> {
          SharedWords started = execution.platform().newWords(1);
          execution.start(
              0,
              "retries",
              cpu -> {
                for (; ; ) {
                  started.set(0, 1);
                  cpu.retrying();
                }
              });
          IllegalStateException cause = new IllegalStateException("enough");
          execution.start(
              1,
              "stops",
              cpu -> {
                cpu.awaitChange(started, 0, 0);
                execution.stop(cause);
              });
          assertThatExceptionOfType(StoppedException.class)
              .isThrownBy(execution::join)
              .withCause(cause);
        });
  }
}
