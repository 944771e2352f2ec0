package dev.gnomon.machine.thread;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.mmu.platform.SharedWords;
import org.assertj.core.api.InstanceOfAssertFactories;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class CpuThreadsTest {
  private final HostMemory host = HostMemory.reserve(64);
  private final ThreadPlatform platform = new ThreadPlatform(host, 8, false);
  private final CpuThreads threads = new CpuThreads(platform);

  @AfterEach
  void closeMemory() {
    host.close();
  }

  @Test
  void aPlatformHasACpu() {
    assertThatIllegalArgumentException().isThrownBy(() -> new ThreadPlatform(host, 0, false));
  }

  @Test
  void aThreadBearsTheNameOfItsBody() {
    String[] name = new String[1];
    threads.start(3, "vcpu3", cpu -> name[0] = Thread.currentThread().getName());
    threads.join();
    assertThat(name).containsExactly("vcpu3");
  }

  @Test
  void natureAlwaysChoosesTheFirst() {
    threads.start(0, "chooses", cpu -> assertThat(cpu.choose(5)).isZero());
    threads.join();
  }

  @Test
  void moreThreadsThanCoresPassAWordRoundInGoodTime() {
    SharedWords word = platform.newWords(1);
    int rounds = 500;
    for (int i = 0; i < 8; i++) {
      threads.start(
          i,
          "passes " + i,
          cpu -> {
            for (int turn = cpu.index(); turn < 8 * rounds; turn += 8) {
              long seen;
              while ((seen = word.get(0)) != turn) {
                cpu.awaitChange(word, 0, seen);
              }
              word.set(0, turn + 1);
            }
          });
    }
    threads.join();
    assertThat(word.get(0)).isEqualTo(8 * rounds);
  }

  @Test
  void anInterruptOfTheJoinEndsThoseWhoWait() {
    SharedWords word = platform.newWords(1);
    threads.start(
        0,
        "waits",
        cpu -> {
          while (word.get(0) == 0) {
            cpu.awaitChange(word, 0, 0);
          }
        });
    Thread.currentThread().interrupt();
    assertThatExceptionOfType(StoppedException.class)
        .isThrownBy(threads::join)
        .withCauseInstanceOf(InterruptedException.class);
    assertThat(Thread.interrupted()).isTrue();
  }

  @Test
  void laterFailuresAreKeptWithTheFirst() {
    SharedWords failed = platform.newWords(1);
    for (int i = 0; i < 2; i++) {
      threads.start(
          i,
          "fails " + i,
          cpu -> {
            failed.getAndAdd(0, 1);
            while (failed.get(0) != 2) {
              Thread.onSpinWait();
            }
            throw new IllegalStateException("on purpose");
          });
    }
    assertThatExceptionOfType(CpuFailureException.class)
        .isThrownBy(threads::join)
        .satisfies(e -> assertThat(e.getSuppressed()).hasSize(1));
  }

  @Test
  void aBodyThatGoesOnAfterItWasStoppedIsLeftBehindAndNamed() {
    CpuThreads threads = new CpuThreads(platform, 1);
    SharedWords word = platform.newWords(1);
    threads.start(
        0,
        "deaf",
        cpu -> {
          while (word.get(0) == 0) {
            Thread.onSpinWait();
          }
        });
    threads.stop(null);
    assertThatExceptionOfType(StoppedException.class)
        .isThrownBy(threads::join)
        .satisfies(
            e ->
                assertThat(e.getSuppressed())
                    .singleElement()
                    .asInstanceOf(InstanceOfAssertFactories.THROWABLE)
                    .hasMessageContaining("deaf"));
    word.set(0, 1);
  }
}
