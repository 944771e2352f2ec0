package dev.gnomon.mmu.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.OutOfFramesException;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.testing.TestPlatform;
import java.util.HashSet;
import java.util.Set;
import org.junit.jupiter.api.Test;

class TableFramesTest {
  private final TestPlatform platform = new TestPlatform(2);
  private final Cpu cpu = platform.cpu(0);
  private final Cpu other = platform.cpu(1);
  private final TableFrames tableFrames = new TableFrames(platform);

  private void assertEmpty(long pfn) {
    for (int i = 0; i < 512; i++) {
      assertThat(platform.memory().getLong((pfn << 12) + 8 * i)).isEqualTo(SpteFormat.NON_PRESENT);
    }
  }

  @Test
  void afterATopUpThereIsEnoughForAFault() {
    tableFrames.topUp(cpu);
    Set<Long> taken = new HashSet<>();
    for (int i = 0; i < TableFrames.FOR_A_FAULT; i++) {
      taken.add(tableFrames.take(cpu));
    }
    assertThat(taken).hasSize(TableFrames.FOR_A_FAULT);
  }

  @Test
  void everyFrameTakenIsEmpty() {
    tableFrames.topUp(cpu);
    assertEmpty(tableFrames.take(cpu));
  }

  @Test
  void aFramePutBackIsEmptiedAgain() {
    tableFrames.topUp(cpu);
    long pfn = tableFrames.take(cpu);
    platform.memory().setLong(pfn << 12, 5);
    tableFrames.putBack(cpu, pfn);
    assertThat(tableFrames.take(cpu)).isEqualTo(pfn);
    assertEmpty(pfn);
  }

  @Test
  void eachCpuHasItsOwn() {
    tableFrames.topUp(cpu);
    assertThat(tableFrames.available(other)).isZero();
    assertThatThrownBy(() -> tableFrames.take(other)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void whatCouldBeAllocatedBeforeMemoryRanOutIsKept() {
    platform.frames().setLeft(3);
    assertThatThrownBy(() -> tableFrames.topUp(cpu)).isInstanceOf(OutOfFramesException.class);
    assertThat(tableFrames.available(cpu)).isEqualTo(3);
    tableFrames.freeAll(cpu);
    assertThat(platform.memory().allocatedFrames()).isZero();
  }

  @Test
  void allFramesOfAllCpusAreGivenBack() {
    tableFrames.topUp(cpu);
    tableFrames.topUp(other);
    tableFrames.freeAll(cpu);
    assertThat(platform.memory().allocatedFrames()).isZero();
  }
}
