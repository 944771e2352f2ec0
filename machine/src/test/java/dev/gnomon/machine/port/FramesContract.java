package dev.gnomon.machine.port;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.OutOfFramesException;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

/** What {@link Frames} promises, alone and among several CPUs. */
abstract class FramesContract {
  private static final int RUN = 512;

  private final Backend backend;

  FramesContract(Backend backend) {
    this.backend = backend;
  }

  @Test
  void framesAreDistinctAndCanBeUsedUntilThereIsNoneLeft() {
    backend.explore(
        1,
        execution -> {
          Set<Long> frames = allocateAll(execution);
          assertThat(frames).hasSizeGreaterThan((int) Backend.FRAMES / 2);
          PhysicalMemory memory = execution.platform().memory();
          frames.forEach(pfn -> memory.fill(pfn, pfn));
          assertThat(frames)
              .allSatisfy(
                  pfn -> assertThat(memory.getLong(PhysicalMemory.hpa(pfn))).isEqualTo(pfn));
        });
  }

  @Test
  void aFreedFrameCanBeHadAgain() {
    backend.explore(
        1,
        execution -> {
          Set<Long> frames = allocateAll(execution);
          long freed = frames.iterator().next();
          execution.platform().frames().free(execution.cpu(0), freed);
          assertThat(execution.platform().frames().allocate(execution.cpu(0))).isEqualTo(freed);
        });
  }

  @Test
  void aRunIsAlignedAndItsFramesAreNobodyElses() {
    backend.explore(
        1,
        execution -> {
          Frames allocator = execution.platform().frames();
          Cpu cpu = execution.cpu(0);
          long single = allocator.allocate(cpu);
          long run = allocator.allocateRun(cpu, 2);
          assertThat(run).isPositive();
          assertThat(run % RUN).isZero();
          Set<Long> others = allocateAll(execution);
          others.add(single);
          assertThat(others).noneMatch(pfn -> pfn >= run && pfn < run + RUN);
        });
  }

  @Test
  void whereNoRunIsLeftTheAnswerIsMinusOne() {
    backend.explore(
        1,
        execution -> {
          Frames allocator = execution.platform().frames();
          Cpu cpu = execution.cpu(0);
          assertThat(allocator.allocateRun(cpu, 3)).as("1 GiB in 8 MiB").isEqualTo(-1);
          int runs = 0;
          while (allocator.allocateRun(cpu, 2) != -1) {
            runs++;
          }
          assertThat(runs).isBetween(1, (int) Backend.FRAMES / RUN);
        });
  }

  @Test
  void aFreedRunCanBeHadAgain() {
    backend.explore(
        1,
        execution -> {
          Frames allocator = execution.platform().frames();
          Cpu cpu = execution.cpu(0);
          long last = -1;
          for (long run; (run = allocator.allocateRun(cpu, 2)) != -1; ) {
            last = run;
          }
          allocator.freeRun(cpu, last, 2);
          assertThat(allocator.allocateRun(cpu, 2)).isEqualTo(last);
        });
  }

  @Test
  void theFramesOfASplitRunAreFreedOneByOne() {
    backend.explore(
        1,
        execution -> {
          Frames allocator = execution.platform().frames();
          Cpu cpu = execution.cpu(0);
          long run = allocator.allocateRun(cpu, 2);
          allocateAll(execution);
          allocator.splitRun(cpu, run, 2);
          allocator.free(cpu, run + 7);
          assertThat(allocateAll(execution)).containsExactly(run + 7);
        });
  }

  @Test
  void noTwoCpusHaveTheSameFrame() {
    backend.explore(
        3,
        execution -> {
          Platform platform = execution.platform();
          Meeting start = new Meeting(platform, 3);
          SharedWords owners = platform.newWords(4 * (int) Backend.FRAMES);
          for (int i = 0; i < 3; i++) {
            execution.start(
                i,
                "allocates " + i,
                cpu -> {
                  start.meet(cpu);
                  for (int round = 0; round < backend.repeats(); round++) {
                    long pfn = platform.frames().allocate(cpu);
                    int owner = Math.floorMod(pfn, owners.length());
                    assertThat(owners.getAndSet(owner, 1)).isZero();
                    owners.set(owner, 0);
                    platform.frames().free(cpu, pfn);
                  }
                });
          }
          execution.join();
        });
  }

  private static Set<Long> allocateAll(Execution execution) {
    Set<Long> frames = new HashSet<>();
    assertThatExceptionOfType(OutOfFramesException.class)
        .isThrownBy(
            () -> {
              while (frames.size() <= Backend.FRAMES) {
                assertThat(frames.add(execution.platform().frames().allocate(execution.cpu(0))))
                    .isTrue();
              }
            });
    return frames;
  }
}
