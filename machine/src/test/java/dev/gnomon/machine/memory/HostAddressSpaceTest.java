package dev.gnomon.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.OutOfFramesException;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class HostAddressSpaceTest {
  private static final long GIB_FRAMES = 1 << 18;

  private final HostMemory host = HostMemory.reserve(3 * GIB_FRAMES);
  private final TestHost test = newTest();
  private final Cpu cpu = test.cpu;
  private final HostAddressSpace space = test.space;
  private SwapMemory swap;

  private TestHost newTest() {
    ThreadPlatform platform = new ThreadPlatform(host, 1, true);
    CpuThreads execution = new CpuThreads(platform);
    swap = new SwapMemory(execution);
    return new TestHost(host, execution, swap);
  }

  @AfterEach
  void close() {
    test.close();
  }

  private long resolve(long hvn) {
    return space.resolve(cpu, hvn, true);
  }

  /** Writes down who is told what, and reports a page dirty when it is invalidated. */
  private static final class Witness implements PageUser {
    final List<String> calls = new ArrayList<>();
    Runnable onStart = () -> {};

    @Override
    public void invalidateStart(Cpu cpu, long firstHvn, long endHvn) {
      calls.add("start " + (endHvn - firstHvn));
      onStart.run();
    }

    @Override
    public void invalidateEnd(Cpu cpu, long firstHvn, long endHvn) {
      calls.add("end " + (endHvn - firstHvn));
    }

    @Override
    public boolean clearYoung(Cpu cpu, long firstHvn, long endHvn) {
      return false;
    }

    @Override
    public boolean reportsDirtWhenItForgets() {
      return false;
    }

    @Override
    public void flush(Cpu cpu) {}

    @Override
    public boolean testYoung(Cpu cpu, long firstHvn, long endHvn) {
      return false;
    }
  }

  @Test
  void whatIsNotMappedIsAbsent() {
    long first = space.map(cpu, 10, 1);
    for (long hvn : new long[] {0, first - 1, first + 10, -1, Long.MIN_VALUE, 1L << 36}) {
      assertThat(resolve(hvn)).isEqualTo(HostPages.ABSENT);
      assertThat(space.present(hvn)).isEqualTo(HostPages.ABSENT);
    }
  }

  @Test
  void aPageIsZeroAtFirstAndStaysWhereItIs() {
    long first = space.map(cpu, 10, 1);
    assertThat(space.present(first + 3)).isEqualTo(HostPages.ABSENT);
    long page = resolve(first + 3);
    assertThat(HostPages.level(page)).isEqualTo(1);
    assertThat(HostPages.isWritable(page)).isTrue();
    assertThat(test.memory.getLong(HostPages.pfn(page) << 12)).isZero();
    assertThat(resolve(first + 3)).isEqualTo(page).isEqualTo(space.present(first + 3));
    assertThat(space.residentPages()).isEqualTo(1);
  }

  @Test
  void aUsedFrameIsZeroedBeforeItBacksAnotherPage() {
    long first = space.map(cpu, 10, 1);
    test.setWord(first, 42);
    space.unmap(cpu, first, 10);
    long second = space.map(cpu, 10, 1);
    for (long hvn = second; hvn < second + 10; hvn++) {
      assertThat(test.word(hvn)).isZero();
    }
  }

  @Test
  void largePagesBackWhatTheyFitInto() {
    for (int level : new int[] {2, 3}) {
      long span = FrameAllocator.framesOf(level);
      long first = space.map(cpu, span + 5, level);
      assertThat(first % span).isZero();
      long page = resolve(first + 77);
      assertThat(HostPages.level(page)).isEqualTo(level);
      assertThat(HostPages.pfn(page) - HostPages.pfn(resolve(first))).isEqualTo(77);
      assertThat(HostPages.pfn(resolve(first)) % span).isZero();
      assertThat(HostPages.level(resolve(first + span + 1))).isEqualTo(1);
    }
  }

  @Test
  void whereThereIsNoRunSmallPagesDo() {
    while (test.frames.allocateRun(cpu, 3) >= 0) {
      // All of them, so that only what is broken is left.
    }
    long first = space.map(cpu, GIB_FRAMES, 3);
    assertThat(HostPages.level(resolve(first))).isEqualTo(2);
    while (test.frames.allocateRun(cpu, 2) >= 0) {
      // Likewise.
    }
    assertThat(HostPages.level(resolve(first + 600))).isEqualTo(1);
    assertThat(HostPages.level(resolve(first))).isEqualTo(2);
    assertThat(test.word(first + 600)).isZero();
  }

  @Test
  void withoutAFrameItThrowsAndCanBeTriedAgain() {
    long first = space.map(cpu, 2, 1);
    resolve(first);
    List<Long> all = new ArrayList<>();
    assertThatExceptionOfType(OutOfFramesException.class)
        .isThrownBy(
            () -> {
              for (; ; ) {
                all.add(test.frames.allocate(cpu));
              }
            });
    assertThatExceptionOfType(OutOfFramesException.class).isThrownBy(() -> resolve(first + 1));
    test.frames.free(cpu, all.getFirst());
    assertThat(resolve(first + 1)).isNotEqualTo(HostPages.ABSENT);
  }

  @Test
  void anEvictedDirtyPageComesBackAsItWas() {
    long hvn = space.map(cpu, 10, 1);
    test.setWord(hvn, 42);
    assertThat(space.evict(cpu, hvn)).isTrue();
    assertThat(space.present(hvn)).isEqualTo(HostPages.ABSENT);
    assertThat(space.residentPages()).isZero();
    assertThat(test.word(hvn)).isEqualTo(42);
    assertThat(space.evicted()).isEqualTo(1);
    assertThat(space.writtenOut()).isEqualTo(1);
    assertThat(space.refaulted()).isEqualTo(1);
    assertThat(space.touchedPages()).isEqualTo(1);
  }

  @Test
  void aPageThatStaysCleanIsNotWrittenAgain() {
    long hvn = space.map(cpu, 10, 1);
    test.setWord(hvn, 42);
    space.evict(cpu, hvn);
    test.word(hvn);
    space.evict(cpu, hvn);
    assertThat(test.word(hvn)).isEqualTo(42);
    assertThat(space.writtenOut()).isEqualTo(1);
    assertThat(space.droppedClean()).isEqualTo(1);
    test.setWord(hvn, 43);
    space.evict(cpu, hvn);
    assertThat(test.word(hvn)).isEqualTo(43);
    assertThat(swap.slotsTaken()).isEqualTo(1);
  }

  @Test
  void aPageThatNeverWasDirtyIsDroppedWithoutASlot() {
    long hvn = space.map(cpu, 10, 1);
    assertThat(test.word(hvn)).isZero();
    space.evict(cpu, hvn);
    assertThat(swap.slotsTaken()).isZero();
    assertThat(test.word(hvn)).isZero();
    assertThat(space.refaulted()).isEqualTo(1);
    assertThat(space.touchedPages()).isEqualTo(1);
  }

  @Test
  void aFrameForgetsTheSlotOfThePageThatItBackedBefore() {
    long hvn = space.map(cpu, 1, 1);
    test.setWord(hvn, 42);
    space.evict(cpu, hvn);
    long pfn = HostPages.pfn(resolve(hvn));
    space.unmap(cpu, hvn, 1);
    long other = space.map(cpu, 1, 1);
    assertThat(HostPages.pfn(resolve(other))).isEqualTo(pfn);
    space.evict(cpu, other);
    assertThat(test.word(other)).isZero();
  }

  @Test
  void dirtIsLookedAtOnlyAfterTheUserHasForgottenThePage() {
    long hvn = space.map(cpu, 10, 1);
    long pfn = HostPages.pfn(resolve(hvn));
    Witness witness = new Witness();
    witness.onStart =
        () -> {
          assertThat(space.present(hvn)).isEqualTo(HostPages.ABSENT);
          test.memory.setLong(pfn << 12, 42);
          space.markDirty(pfn);
        };
    space.setUser(witness);
    space.evict(cpu, hvn);
    assertThat(witness.calls).containsExactly("start 1", "end 1");
    witness.onStart = () -> {};
    assertThat(test.word(hvn)).isEqualTo(42);
  }

  @Test
  void dirtThatIsNotReportedIsLost() {
    long hvn = space.map(cpu, 10, 1);
    ToyMmu mmu = new ToyMmu(test.execution, space);
    mmu.write(cpu, hvn, 1);
    space.evict(cpu, hvn);
    assertThat(mmu.read(cpu, hvn)).isEqualTo(1);
    mmu.reportsDirt = false;
    mmu.write(cpu, hvn, 2);
    space.evict(cpu, hvn);
    assertThat(mmu.read(cpu, hvn)).isEqualTo(1);
  }

  @Test
  void aPageWrittenBackIsCleanAndStays() {
    long hvn = space.map(cpu, 10, 1);
    ToyMmu mmu = new ToyMmu(test.execution, space);
    mmu.write(cpu, hvn, 1);
    long page = space.present(hvn);
    assertThat(space.writeBack(cpu, hvn)).isTrue();
    assertThat(mmu.isMapped(hvn)).isFalse();
    assertThat(space.present(hvn)).isEqualTo(page);
    space.evict(cpu, hvn);
    assertThat(space.writtenOut()).isEqualTo(1);
    assertThat(mmu.read(cpu, hvn)).isEqualTo(1);
  }

  @Test
  void aPageMovesWithItsContentDirtAndSlot() {
    long hvn = space.map(cpu, 10, 1);
    ToyMmu mmu = new ToyMmu(test.execution, space);
    mmu.write(cpu, hvn, 7);
    long before = space.present(hvn);
    assertThat(space.migratePage(cpu, hvn)).isTrue();
    assertThat(space.present(hvn)).isNotEqualTo(before);
    assertThat(mmu.read(cpu, hvn)).isEqualTo(7);
    space.evict(cpu, hvn);
    assertThat(mmu.read(cpu, hvn)).isEqualTo(7);
    space.migratePage(cpu, hvn);
    space.evict(cpu, hvn);
    assertThat(space.writtenOut()).isEqualTo(1);
    assertThat(mmu.read(cpu, hvn)).isEqualTo(7);
  }

  @Test
  void aLargePageMovesWhole() {
    long first = space.map(cpu, 512, 2);
    for (long hvn = first; hvn < first + 512; hvn++) {
      test.setWord(hvn, hvn);
    }
    long before = HostPages.pfn(resolve(first));
    assertThat(space.migratePage(cpu, first + 9)).isTrue();
    assertThat(HostPages.pfn(resolve(first))).isNotEqualTo(before);
    assertThat(HostPages.level(resolve(first))).isEqualTo(2);
    for (long hvn = first; hvn < first + 512; hvn++) {
      assertThat(test.word(hvn)).isEqualTo(hvn);
    }
    assertThat(space.migratePage(cpu, first + 512)).isFalse();
  }

  @Test
  void aLargePageIsSplitWithTheWholeOfItInvalidatedAndDirty() {
    long first = space.map(cpu, GIB_FRAMES, 3);
    test.setWord(first + 700, 42);
    long pfn = HostPages.pfn(resolve(first + 700));
    Witness witness = new Witness();
    space.setUser(witness);
    assertThat(space.evict(cpu, first + 600)).isTrue();
    assertThat(witness.calls)
        .containsExactly(
            "start " + GIB_FRAMES, "end " + GIB_FRAMES, "start 512", "end 512", "start 1", "end 1");
    assertThat(space.splits()).isEqualTo(2);
    assertThat(space.writtenOut()).isEqualTo(1);
    assertThat(HostPages.level(resolve(first + 700))).isEqualTo(1);
    assertThat(HostPages.pfn(resolve(first + 700))).isEqualTo(pfn);
    assertThat(HostPages.level(resolve(first))).isEqualTo(2);
    assertThat(space.residentPages()).isEqualTo(GIB_FRAMES - 1);
    assertThat(test.word(first + 700)).isEqualTo(42);
    assertThat(test.word(first + 600)).isZero();
  }

  @Test
  void aCleanLargePageIsSplitIntoCleanOnes() {
    long first = space.map(cpu, 512, 2);
    test.word(first);
    space.evict(cpu, first);
    space.evict(cpu, first + 1);
    assertThat(space.writtenOut()).isZero();
    assertThat(space.droppedClean()).isEqualTo(2);
  }

  @Test
  void aPinnedPageStays() {
    long hvn = space.map(cpu, 512, 2);
    long page = space.pin(cpu, hvn + 5, true);
    space.pin(cpu, hvn + 6, false);
    assertThat(space.evict(cpu, hvn)).isFalse();
    assertThat(space.migratePage(cpu, hvn)).isFalse();
    space.unpin(cpu, hvn + 6, false);
    assertThat(space.evict(cpu, hvn)).isFalse();
    test.memory.setLong(HostPages.pfn(page) << 12, 3);
    space.unpin(cpu, hvn + 5, true);
    assertThat(space.evict(cpu, hvn + 5)).isTrue();
    assertThat(test.word(hvn + 5)).isEqualTo(3);
    assertThatIllegalStateException().isThrownBy(() -> space.unpin(cpu, hvn + 5, false));
  }

  @Test
  void aFailingSwapSpaceLosesNothing() {
    long hvn = space.map(cpu, 10, 1);
    test.setWord(hvn, 1);
    space.evict(cpu, hvn);
    test.setWord(hvn, 2);
    swap.fails = true;
    Witness witness = new Witness();
    space.setUser(witness);
    assertThatExceptionOfType(InputException.class).isThrownBy(() -> space.evict(cpu, hvn));
    assertThat(witness.calls).containsExactly("start 1", "end 1");
    assertThat(test.word(hvn)).isEqualTo(2);
    swap.fails = false;
    assertThat(space.evict(cpu, hvn)).isTrue();
    swap.fails = true;
    assertThatExceptionOfType(InputException.class).isThrownBy(() -> resolve(hvn));
    swap.fails = false;
    assertThat(test.word(hvn)).isEqualTo(2);
  }

  @Test
  void withoutASwapSpaceOnlyCleanPagesGo() {
    try (HostMemory other = HostMemory.reserve(1000)) {
      ThreadPlatform platform = new ThreadPlatform(other, 1, true);
      CpuThreads execution = new CpuThreads(platform);
      TestHost bare = new TestHost(other, execution, SwapSpace.NONE);
      long hvn = bare.space.map(bare.cpu, 2, 1);
      bare.word(hvn);
      bare.setWord(hvn + 1, 2);
      assertThat(bare.space.evict(bare.cpu, hvn)).isTrue();
      assertThatExceptionOfType(InputException.class)
          .isThrownBy(() -> bare.space.evict(bare.cpu, hvn + 1))
          .withMessageContaining("no swap file");
      assertThat(bare.word(hvn + 1)).isEqualTo(2);
    }
  }

  @Test
  void unmappingFreesEverythingInTheRangeAndNothingElse() {
    long first = space.map(cpu, 2048, 2);
    for (long hvn = first; hvn < first + 2048; hvn += 100) {
      test.setWord(hvn, hvn);
    }
    space.evict(cpu, first);
    space.evict(cpu, first + 100);
    long frames = test.frames.allocated();
    Witness witness = new Witness();
    space.setUser(witness);
    space.unmap(cpu, first + 50, 1000);
    assertThat(witness.calls).contains("start 1000", "end 1000");
    assertThat(resolve(first + 50)).isEqualTo(HostPages.ABSENT);
    assertThat(resolve(first + 1049)).isEqualTo(HostPages.ABSENT);
    assertThat(test.word(first)).isEqualTo(first);
    assertThat(test.word(first + 1100)).isEqualTo(first + 1100);
    assertThat(test.frames.allocated()).isLessThan(frames);
    space.unmap(cpu, 0, HostAddressSpace.END);
    assertThat(space.residentPages()).isZero();
    assertThat(space.touchedPages()).isZero();
    assertThat(swap.slotsTaken()).isZero();
  }

  @Test
  void addressesAreNotUsedAgain() {
    long first = space.map(cpu, 10, 1);
    space.unmap(cpu, first, 10);
    assertThat(space.map(cpu, 10, 1)).isGreaterThanOrEqualTo(first + 10);
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> space.map(cpu, HostAddressSpace.END, 1))
        .withMessageMatching(".+");
  }

  @Test
  void aProtectedRangeIsReadOnlyWhateverItsPagesAre() {
    long first = space.map(cpu, 1024, 2);
    test.setWord(first + 1, 42);
    space.evict(cpu, first + 1);
    Witness witness = new Witness();
    space.setUser(witness);
    space.protect(cpu, first + 1, 600, false);
    assertThat(witness.calls).contains("start 600", "end 600");
    for (long hvn : new long[] {first + 1, first + 2, first + 600}) {
      assertThat(HostPages.isWritable(resolve(hvn))).isFalse();
      assertThatIllegalStateException().isThrownBy(() -> test.setWord(hvn, 1));
    }
    assertThat(HostPages.isWritable(resolve(first))).isTrue();
    assertThat(HostPages.isWritable(resolve(first + 601))).isTrue();
    assertThat(test.word(first + 1)).isEqualTo(42);
    space.protect(cpu, first, 1024, true);
    test.setWord(first + 1, 43);
    assertThat(test.word(first + 1)).isEqualTo(43);
  }

  @Test
  void bytesAreReadAndWrittenAcrossPages() {
    long first = space.map(cpu, 4, 1);
    byte[] bytes = new byte[9000];
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = (byte) (i * 31);
    }
    space.write(cpu, (first << 12) + 100, bytes, 0, bytes.length);
    byte[] back = new byte[9000];
    space.read(cpu, (first << 12) + 100, back, 0, back.length);
    assertThat(back).isEqualTo(bytes);
    assertThatExceptionOfType(IllegalArgumentException.class)
        .isThrownBy(() -> space.read(cpu, (first + 3) << 12, back, 0, 4097));
  }
}
