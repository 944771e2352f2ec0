package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link SpinLock}, and some that are none, in every interleaving. */
class SpinLockExplorationTest {

  private static void count(
      Setting setting, int cpus, int rounds, Function<Execution, SpinLock> maker) {
    setting.assertSafe(cpus, execution -> count(execution, cpus, rounds, maker.apply(execution)));
  }

  /** Everyone adds 1 to a word and to a plain field, in the lock. */
  private static void count(Execution execution, int cpus, int rounds, SpinLock lock) {
    SharedWords word = execution.platform().newWords(1);
    int[] plain = {0};
    for (int i = 0; i < cpus; i++) {
      execution.start(
          i,
          "counts " + i,
          cpu -> {
            for (int round = 0; round < rounds; round++) {
              lock.lock(cpu);
              assertThat(lock.isHeldBy(cpu)).isTrue();
              int seen = plain[0];
              word.set(0, word.get(0) + 1);
              plain[0] = seen + 1;
              lock.unlock(cpu);
              assertThat(lock.isHeldBy(cpu)).isFalse();
            }
          });
    }
    execution.join();
    assertThat(word.get(0)).isEqualTo((long) cpus * rounds);
    assertThat(plain[0]).isEqualTo(cpus * rounds);
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void isHeldByOneOfTwoAgainAndAgain(Setting setting) {
    count(setting, 2, 2, execution -> execution.synchronization().spinLock());
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void isHeldByOneOfThree(Setting setting) {
    count(setting, 3, 1, execution -> execution.synchronization().spinLock());
  }

  /** Looks whether it is free, then takes it. */
  private static final class LookThenTake extends SpinLock {
    private final SharedWords holder;

    LookThenTake(Platform platform) {
      holder = platform.newWords(1);
    }

    @Override
    public void lock(Cpu cpu) {
      long seen;
      while ((seen = holder.get(0)) != 0) {
        cpu.awaitChange(holder, 0, seen);
      }
      holder.set(0, cpu.index() + 1);
    }

    @Override
    public void unlock(Cpu cpu) {
      holder.set(0, 0);
    }

    @Override
    public boolean isHeldBy(Cpu cpu) {
      return holder.get(0) == cpu.index() + 1;
    }
  }

  @Test
  void oneThatLooksAndThenTakesIsRefuted() {
    Setting.SC.assertRefuted(
        2, execution -> count(execution, 2, 1, new LookThenTake(execution.platform())));
  }

  /** Peterson's, for two. */
  private static final class Peterson extends SpinLock {
    private static final int TURN = 2;

    private final Platform platform;
    private final boolean hasFence;
    private final SharedWords words;

    Peterson(Platform platform, boolean hasFence) {
      this.platform = platform;
      this.hasFence = hasFence;
      words = platform.newWords(3);
    }

    @Override
    public void lock(Cpu cpu) {
      int other = 1 - cpu.index();
      words.set(cpu.index(), 1);
      words.set(TURN, other);
      if (hasFence) {
        platform.fullFence();
      }
      while (words.get(other) == 1 && words.get(TURN) == other) {
        cpu.retrying();
      }
    }

    @Override
    public void unlock(Cpu cpu) {
      words.set(cpu.index(), 0);
    }

    @Override
    public boolean isHeldBy(Cpu cpu) {
      return words.get(cpu.index()) == 1;
    }
  }

  private static void peterson(Execution execution, boolean hasFence) {
    count(execution, 2, 1, new Peterson(execution.platform(), hasFence));
  }

  @Test
  void petersonsNeedsItsFenceUnderTsoOnly() {
    Setting.SC.assertSafe(2, execution -> peterson(execution, true));
    Setting.SC.assertSafe(2, execution -> peterson(execution, false));
    Setting.TSO.assertSafe(2, execution -> peterson(execution, true));
    Setting.TSO.assertRefuted(2, execution -> peterson(execution, false));
  }
}
