package dev.gnomon.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.gnomon.machine.lockstep.LockstepPlatform;
import dev.gnomon.machine.lockstep.Schedule;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.OutOfFramesException;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class FrameAllocatorTest {
  private static final long GIB_FRAMES = 1 << 18;
  private static final long BELOW_4G = 4 * GIB_FRAMES;

  private static List<Long> takeAll(TestHost test, Cpu cpu) {
    List<Long> all = new ArrayList<>();
    assertThatExceptionOfType(OutOfFramesException.class)
        .isThrownBy(
            () -> {
              for (; ; ) {
                all.add(test.frames.allocate(cpu));
              }
            })
        .withMessageMatching("no free frame: \\d+ of the host's \\d+ are allocated.*");
    return all;
  }

  @Test
  void everyFrameIsHandedOutOnceWhereverMemoryEnds() {
    for (long size : new long[] {2, 511, 512, 513, 1024, 1500, GIB_FRAMES, GIB_FRAMES + 700}) {
      try (TestHost test = TestHost.of(size, 1)) {
        Set<Long> distinct = new HashSet<>(takeAll(test, test.cpu));
        long root = 1;
        assertThat(distinct).hasSize((int) (size - root)).allMatch(test.host.extent()::contains);
        assertThat(test.frames.allocated()).isEqualTo(size).isEqualTo(test.frames.capacity());
      }
    }
  }

  @Test
  void afterEverythingIsGivenBackRunsAreWholeAgain() {
    try (TestHost test = TestHost.of(GIB_FRAMES + 1024, 1)) {
      List<Long> all = takeAll(test, test.cpu);
      assertThat(test.frames.allocateRun(test.cpu, 2)).isEqualTo(-1);
      all.forEach(pfn -> test.frames.free(test.cpu, pfn));
      assertThat(test.frames.allocated()).isEqualTo(1);
      int runs = 0;
      while (test.frames.allocateRun(test.cpu, 2) >= 0) {
        runs++;
      }
      // All but the one with the root table of the test's address space in it.
      assertThat(runs).isEqualTo(512 + 2 - 1);
    }
  }

  @Test
  void oneGigabyteComesBackWhenItsPartsDo() {
    try (TestHost test = TestHost.of(2 * GIB_FRAMES, 1)) {
      long run = test.frames.allocateRun(test.cpu, 3);
      assertThat(run % GIB_FRAMES).isZero();
      assertThat(test.frames.allocateRun(test.cpu, 3)).isEqualTo(-1);
      test.frames.splitRun(test.cpu, run, 3);
      for (long part = run; part < run + GIB_FRAMES; part += 512) {
        if (part % 1024 == 0) {
          test.frames.freeRun(test.cpu, part, 2);
        } else {
          test.frames.splitRun(test.cpu, part, 2);
          for (long pfn = part; pfn < part + 512; pfn++) {
            test.frames.free(test.cpu, pfn);
          }
        }
      }
      assertThat(test.frames.allocateRun(test.cpu, 3)).isEqualTo(run);
    }
  }

  @Test
  void memoryBelow4GIsKeptForThoseWhoNeedIt() {
    try (TestHost test = TestHost.of(BELOW_4G + 2048, 1)) {
      long first = test.host.firstFrame();
      for (int i = 0; i < 1900; i++) {
        assertThat(test.frames.allocate(test.cpu)).isGreaterThanOrEqualTo(first + BELOW_4G);
      }
      assertThat(test.frames.allocateBelow4G(test.cpu)).isLessThan(first + BELOW_4G);
      assertThat(test.frames.allocateRun(test.cpu, 3)).isBetween(first, first + BELOW_4G);
      for (int i = 0; i < 2048; i++) {
        test.frames.allocate(test.cpu);
      }
    }
  }

  @Test
  void aCpusOwnCacheIsEmptiedBeforeItGivesUp() {
    try (TestHost test = TestHost.of(1024, 1)) {
      List<Long> all = takeAll(test, test.cpu);
      test.frames.free(test.cpu, all.getFirst());
      assertThat(test.frames.allocateBelow4G(test.cpu)).isEqualTo(all.getFirst());
      assertThatExceptionOfType(OutOfFramesException.class)
          .isThrownBy(() -> test.frames.allocateBelow4G(test.cpu))
          .withMessageContaining("below 4 GiB");
    }
  }

  @Test
  void givingBackTwiceFails() {
    try (TestHost test = TestHost.of(1024, 1)) {
      long pfn = test.frames.allocate(test.cpu);
      test.frames.free(test.cpu, pfn);
      assertThatIllegalStateException()
          .isThrownBy(() -> test.frames.free(test.cpu, pfn))
          .withMessageContaining("not allocated");
    }
  }

  @Test
  void givingBackWhatWasNeverAllocatedFails() {
    try (TestHost test = TestHost.of(4096, 1)) {
      long first = test.host.firstFrame();
      long unused = first + 4000;
      assertThatIllegalStateException().isThrownBy(() -> test.frames.free(test.cpu, unused));
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> test.frames.free(test.cpu, first + 4096));
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> test.frames.free(test.cpu, 0));
    }
  }

  @Test
  void aRunIsGivenBackOnlyAsWhatItIs() {
    try (TestHost test = TestHost.of(4096, 1)) {
      long run = test.frames.allocateRun(test.cpu, 2);
      assertThatIllegalStateException().isThrownBy(() -> test.frames.free(test.cpu, run));
      assertThatIllegalStateException().isThrownBy(() -> test.frames.free(test.cpu, run + 1));
      assertThatIllegalStateException().isThrownBy(() -> test.frames.freeRun(test.cpu, run, 3));
      assertThatIllegalStateException()
          .isThrownBy(() -> test.frames.freeRun(test.cpu, run + 512, 2));
      test.frames.splitRun(test.cpu, run, 2);
      assertThatIllegalStateException().isThrownBy(() -> test.frames.freeRun(test.cpu, run, 2));
      test.frames.free(test.cpu, run + 1);
      test.frames.free(test.cpu, run);
      assertThatExceptionOfType(IllegalArgumentException.class)
          .isThrownBy(() -> test.frames.allocateRun(test.cpu, 1));
    }
  }

  @Test
  void whatIsGivenBackIsPoisoned() {
    try (TestHost test = TestHost.of(4096, 1)) {
      long pfn = test.frames.allocate(test.cpu);
      long run = test.frames.allocateRun(test.cpu, 2);
      test.frames.free(test.cpu, pfn);
      test.frames.freeRun(test.cpu, run, 2);
      for (long frame : new long[] {pfn, run, run + 511}) {
        long last = PhysicalMemory.hpa(frame) + PhysicalMemory.FRAME_SIZE - Long.BYTES;
        assertThat(test.memory.getLong(last)).isEqualTo(FrameAllocator.POISON);
      }
    }
  }

  @Test
  void onlyFramesThatNoOneUsedComeZeroed() {
    try (TestHost test = TestHost.of(4096, 1)) {
      long pfn = test.frames.allocate(test.cpu);
      assertThat(test.frames.cameZeroed(pfn)).isTrue();
      test.frames.free(test.cpu, pfn);
      assertThat(test.frames.allocate(test.cpu)).isEqualTo(pfn);
      assertThat(test.frames.cameZeroed(pfn)).isFalse();

      Set<Long> dirty = new HashSet<>();
      long run;
      while ((run = test.frames.allocateRun(test.cpu, 2)) >= 0) {
        assertThat(test.frames.cameZeroed(run)).isTrue();
        dirty.add(run);
      }
      dirty.forEach(used -> test.frames.freeRun(test.cpu, used, 2));
      run = test.frames.allocateRun(test.cpu, 2);
      assertThat(test.frames.cameZeroed(run)).isFalse();
      test.frames.freeRun(test.cpu, run, 2);
      for (long small : takeAll(test, test.cpu)) {
        if (dirty.contains(small & -512)) {
          assertThat(test.frames.cameZeroed(small)).isFalse();
        }
      }
    }
  }

  @Test
  void aPartOfAUsedRunDoesNotComeZeroed() {
    try (TestHost test = TestHost.of(2 * GIB_FRAMES, 1)) {
      while (test.frames.allocateRun(test.cpu, 2) >= 0) {
        // All that lie beside the root table.
        if (test.frames.allocated() > GIB_FRAMES - 1024) {
          break;
        }
      }
      long run = test.frames.allocateRun(test.cpu, 3);
      test.frames.splitRun(test.cpu, run, 3);
      test.frames.freeRun(test.cpu, run + 512, 2);
      long part = test.frames.allocateRun(test.cpu, 2);
      while (part != run + 512) {
        part = test.frames.allocateRun(test.cpu, 2);
      }
      assertThat(test.frames.cameZeroed(part)).isFalse();
    }
  }

  @Test
  void cpusAllocateAndFreeSideBySide() {
    for (int seed = 0; seed < 20; seed++) {
      try (HostMemory host = HostMemory.reserve(1500)) {
        LockstepPlatform platform = new LockstepPlatform(host, 3, true, Schedule.of(seed));
        Execution execution = platform.execution();
        FrameAllocator frames = platform.frames();
        for (int i = 0; i < 3; i++) {
          execution.start(i, "allocates", cpu -> allocateAndFree(cpu, frames));
        }
        execution.join();
        assertThat(frames.allocated()).isZero();
      }
    }
  }

  /** Distinctness shows in the flags: a frame handed out twice would be given back twice. */
  private static void allocateAndFree(Cpu cpu, Frames frames) {
    List<Long> mine = new ArrayList<>();
    for (int i = 0; i < 150; i++) {
      mine.add(frames.allocate(cpu));
      if (i % 3 == 2) {
        frames.free(cpu, mine.remove(i / 3));
      }
    }
    mine.forEach(pfn -> frames.free(cpu, pfn));
  }
}
