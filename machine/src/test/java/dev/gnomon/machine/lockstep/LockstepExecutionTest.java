package dev.gnomon.machine.lockstep;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.HashSet;
import java.util.Set;
import java.util.function.Consumer;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class LockstepExecutionTest {
  private static final long FRAMES = 4096;

  private final HostMemory host = HostMemory.reserve(FRAMES);

  @AfterEach
  void closeMemory() {
    host.close();
  }

  private LockstepPlatform platform(int cpus, Schedule schedule) {
    return new LockstepPlatform(host, cpus, false, schedule);
  }

  /** What a run did: its trace, and the order in which CPUs came to write a word. */
  private record Outcome(long trace, long steps, long order) {}

  private static Outcome run(Schedule schedule) {
    try (HostMemory memory = HostMemory.reserve(FRAMES)) {
      return run(new LockstepPlatform(memory, 4, false, schedule));
    }
  }

  private static Outcome run(LockstepPlatform platform) {
    LockstepExecution execution = platform.execution();
    SpinLock lock = platform.synchronization().spinLock();
    SharedWords order = platform.newWords(1);
    for (int i = 0; i < 4; i++) {
      execution.start(
          i,
          "writes " + i,
          cpu -> {
            for (int round = 0; round < 100; round++) {
              lock.lock(cpu);
              order.set(0, order.get(0) * 31 + cpu.index() + cpu.choose(3));
              lock.unlock(cpu);
              platform.frames().free(cpu, platform.frames().allocate(cpu));
            }
          });
    }
    execution.join();
    return new Outcome(execution.trace(), execution.steps(), order.get(0));
  }

  @Test
  void theSameSeedGivesTheSameSteps() {
    for (int seed = 0; seed < 20; seed++) {
      Schedule schedule = Schedule.of(seed);
      Outcome outcome = run(schedule);
      // Wherever the memory lies.
      try (HostMemory inTheWay = HostMemory.reserve(FRAMES)) {
        assertThat(inTheWay.firstFrame()).isNotEqualTo(host.firstFrame());
        assertThat(run(schedule)).as("%s", schedule).isEqualTo(outcome);
      }
    }
  }

  @Test
  void anotherSeedGivesOtherSteps() {
    Set<Outcome> outcomes = new HashSet<>();
    for (int seed = 0; seed < 20; seed++) {
      outcomes.add(run(new Schedule(seed, 3, 1_000_000)));
    }
    assertThat(outcomes).hasSize(20);
  }

  @Test
  void aTurnLastsAsLongAsAskedForOnAverage() {
    for (int mean : new int[] {1, 10, 100}) {
      LockstepPlatform platform = platform(2, new Schedule(1, mean, 1_000_000));
      SharedWords words = platform.newWords(1);
      int[] switches = {0, -1};
      for (int i = 0; i < 2; i++) {
        platform
            .execution()
            .start(
                i,
                "counts " + i,
                cpu -> {
                  for (int step = 0; step < 20_000; step++) {
                    words.get(0);
                    if (switches[1] != cpu.index()) {
                      switches[0]++;
                      switches[1] = cpu.index();
                    }
                  }
                });
      }
      platform.execution().join();
      // Every other turn goes to the same CPU again, so a switch comes after two turns.
      assertThat(40_000.0 / switches[0] / mean).isBetween(1.5, 3.0);
    }
  }

  @Test
  void everyOutcomeOfAChoiceIsDrawn() {
    LockstepPlatform platform = platform(1, Schedule.of(1));
    Set<Integer> drawn = new HashSet<>();
    runAlone(
        platform,
        cpu -> {
          for (int i = 0; i < 100; i++) {
            drawn.add(cpu.choose(3));
          }
        });
    assertThat(drawn).containsExactlyInAnyOrder(0, 1, 2);
  }

  @Test
  void aDeadlockNamesWhatEachCpuWaitsForAndWhere() {
    LockstepPlatform platform = platform(2, new Schedule(5, 1, 1_000_000));
    SpinLock[] locks = {
      platform.synchronization().spinLock(), platform.synchronization().spinLock()
    };
    SharedWords holders = platform.newWords(1);
    for (int i = 0; i < 2; i++) {
      platform
          .execution()
          .start(i, "philosopher " + i, cpu -> takeBoth(platform, locks, holders, cpu));
    }
    assertThatExceptionOfType(DeadlockException.class)
        .isThrownBy(platform.execution()::join)
        .withMessageContaining("seed 5")
        .withMessageContaining("philosopher 0, waits for word 0 of the 1 words")
        .withMessageContaining("SpinLock.<init> to change from 2")
        .withMessageContaining("philosopher 1, waits for word 0 of the 1 words")
        .withMessageContaining("SpinLock.<init> to change from 1")
        .withMessageContaining("SpinLock.lock(WordSpinLock.java")
        .withMessageContaining("takeBoth");
  }

  private static void takeBoth(
      LockstepPlatform platform, SpinLock[] locks, SharedWords holders, Cpu cpu) {
    locks[cpu.index()].lock(cpu);
    long seen = holders.getAndAdd(0, 1);
    if (seen == 0) {
      cpu.awaitChange(holders, 0, 1);
    }
    locks[1 - cpu.index()].lock(cpu);
  }

  @Test
  void waitingForACpuThatHasEndedIsADeadlock() {
    LockstepPlatform platform = platform(2, Schedule.of(1));
    long at = host.firstFrame() << 12;
    platform.execution().start(0, "waits", cpu -> cpu.awaitChange(platform.memory(), at, 0));
    platform.execution().start(1, "ends", cpu -> platform.fullFence());
    assertThatExceptionOfType(DeadlockException.class)
        .isThrownBy(platform.execution()::join)
        .withMessageContaining("memory at " + Long.toHexString(at));
  }

  @Test
  void bodiesThatGoRoundForEverAreALivelock() {
    LockstepPlatform platform = platform(2, new Schedule(9, 4, 10_000));
    SharedWords words = platform.newWords(2);
    for (int i = 0; i < 2; i++) {
      platform
          .execution()
          .start(
              i,
              "goes round " + i,
              cpu -> {
                while (words.get(1) == 0) {
                  cpu.retrying();
                }
              });
    }
    assertThatExceptionOfType(LivelockException.class)
        .isThrownBy(platform.execution()::join)
        .withMessageContaining("seed 9")
        .withMessageContaining("goes round 0")
        .withMessageContaining("goes round 1");
  }

  @Test
  void aFailureNamesTheSeed() {
    LockstepPlatform platform = platform(1, new Schedule(77, 4, 10_000));
    assertThatExceptionOfType(CpuFailureException.class)
        .isThrownBy(
            () ->
                runAlone(
                    platform,
                    cpu -> {
                      throw new IllegalStateException("on purpose");
                    }))
        .withMessageContaining("seed 77")
        .withMessageContaining("on purpose")
        .withCauseInstanceOf(IllegalStateException.class);
  }

  @Test
  void whoRetriesLetsAnotherGoFirst() {
    LockstepPlatform platform = platform(2, new Schedule(1, 1_000_000, 1_000));
    SharedWords word = platform.newWords(1);
    platform
        .execution()
        .start(
            0,
            "retries",
            cpu -> {
              while (word.get(0) == 0) {
                cpu.retrying();
              }
            });
    platform.execution().start(1, "ends it", cpu -> word.set(0, 1));
    platform.execution().join();
    assertThat(platform.execution().steps()).isLessThan(10);
  }

  @Test
  void whatIsDoneOutsideTheBodiesTakesNoStep() {
    LockstepPlatform platform = platform(1, Schedule.of(1));
    SharedWords word = platform.newWords(1);
    word.set(0, 1);
    platform.fullFence();
    platform.execution().cpu(0).awaitChange(word, 0, 0);
    assertThat(platform.execution().steps()).isZero();
    runAlone(platform, cpu -> word.set(0, 2));
    assertThat(word.get(0)).isEqualTo(2);
    assertThat(platform.execution().steps()).isEqualTo(1);
  }

  @Test
  void waitingOutsideTheBodiesIsAnErrorNotAHang() {
    LockstepPlatform platform = platform(1, Schedule.of(1));
    SharedWords word = platform.newWords(1);
    assertThatIllegalStateException()
        .isThrownBy(() -> platform.execution().cpu(0).awaitChange(word, 0, 0));
  }

  @Test
  void anInterruptedJoinEndsTheBodies() {
    LockstepPlatform platform = platform(1, Schedule.of(1));
    SharedWords word = platform.newWords(1);
    Thread joiner = Thread.currentThread();
    platform
        .execution()
        .start(
            0,
            "goes on",
            cpu -> {
              joiner.interrupt();
              for (; ; ) {
                word.getAndAdd(0, 1);
                cpu.retrying();
              }
            });
    assertThatExceptionOfType(RuntimeException.class).isThrownBy(platform.execution()::join);
    assertThat(Thread.interrupted()).isTrue();
  }

  private static void runAlone(LockstepPlatform platform, Consumer<Cpu> body) {
    platform.execution().start(0, "alone", body);
    platform.execution().join();
  }
}
