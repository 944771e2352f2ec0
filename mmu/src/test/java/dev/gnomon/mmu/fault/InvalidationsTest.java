package dev.gnomon.mmu.fault;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.WordSynchronization;
import dev.gnomon.mmu.testing.TestPlatform;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class InvalidationsTest {
  private final TestPlatform platform = new TestPlatform(1);
  private final Cpu cpu = platform.cpu(0);
  private final MmuLock mmuLock = new WordSynchronization(platform).mmuLock();
  private final Invalidations invalidations = new Invalidations(platform, mmuLock);

  @BeforeEach
  void lock() {
    mmuLock.writeLock(cpu);
  }

  @Test
  void whileOneIsInProgressOnlyItsRangeIsCovered() {
    invalidations.begin(cpu, 10, 20);
    long sequence = invalidations.sequence();
    assertThat(invalidations.haveCovered(9, sequence)).isFalse();
    assertThat(invalidations.haveCovered(10, sequence)).isTrue();
    assertThat(invalidations.haveCovered(19, sequence)).isTrue();
    assertThat(invalidations.haveCovered(20, sequence)).isFalse();
  }

  @Test
  void onceOneHasEndedEveryOlderAnswerIsCovered() {
    long sequence = invalidations.sequence();
    invalidations.begin(cpu, 10, 20);
    invalidations.end(cpu);
    assertThat(invalidations.haveCovered(10, sequence)).isTrue();
    assertThat(invalidations.haveCovered(10, invalidations.sequence())).isFalse();
  }

  @Test
  void severalAtOnceCoverAllOfTheirRangesUntilTheLastEnds() {
    invalidations.begin(cpu, 10, 20);
    invalidations.begin(cpu, 40, 50);
    invalidations.end(cpu);
    long sequence = invalidations.sequence();
    assertThat(invalidations.haveCovered(10, sequence)).isTrue();
    assertThat(invalidations.haveCovered(45, sequence)).isTrue();
    invalidations.end(cpu);
    assertThat(invalidations.haveCovered(45, invalidations.sequence())).isFalse();
  }

  @Test
  void aNewOneDoesNotInheritTheRangeOfOnesThatAreOver() {
    invalidations.begin(cpu, 10, 20);
    invalidations.end(cpu);
    invalidations.begin(cpu, 40, 50);
    assertThat(invalidations.haveCovered(15, invalidations.sequence())).isFalse();
  }

  @Test
  void theyChangeUnderTheLockOnly() {
    mmuLock.writeUnlock(cpu);
    assertThatThrownBy(() -> invalidations.begin(cpu, 0, 1))
        .isInstanceOf(IllegalStateException.class);
    assertThatThrownBy(() -> invalidations.end(cpu)).isInstanceOf(IllegalStateException.class);
  }
}
