package dev.gnomon.machine.memory;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

class ReclaimerTest {
  private final TestHost test = TestHost.of(10_000, 1);
  private final HostAddressSpace space = test.space;
  private final ToyMmu mmu = new ToyMmu(test.execution, space);
  private final Reclaimer reclaimer = new Reclaimer(test.platform, space);

  @AfterEach
  void close() {
    test.close();
  }

  private void touch(long first, long count) {
    for (long hvn = first; hvn < first + count; hvn++) {
      mmu.write(test.cpu, hvn, hvn);
    }
  }

  @Test
  void thereIsNothingToTakeFromNothing() {
    assertThat(reclaimer.reclaim(test.cpu, 10)).isZero();
    assertThat(reclaimer.reclaimTo(test.cpu, 0)).isZero();
  }

  @Test
  void itTakesAsManyAsWanted() {
    long first = space.map(test.cpu, 100, 1);
    touch(first, 100);
    assertThat(reclaimer.reclaim(test.cpu, 30)).isEqualTo(30);
    assertThat(space.residentPages()).isEqualTo(70);
    assertThat(reclaimer.reclaimTo(test.cpu, 20)).isEqualTo(50);
    assertThat(reclaimer.reclaim(test.cpu, 100)).isEqualTo(20);
    assertThat(space.residentPages()).isZero();
    for (long hvn = first; hvn < first + 100; hvn++) {
      assertThat(mmu.read(test.cpu, hvn)).isEqualTo(hvn);
    }
  }

  @Test
  void usedPagesGetASecondChance() {
    long first = space.map(test.cpu, 100, 1);
    touch(first, 100);
    assertThat(reclaimer.reclaim(test.cpu, 1)).isEqualTo(1);
    for (long hvn = first + 40; hvn < first + 60; hvn++) {
      mmu.read(test.cpu, hvn);
    }
    assertThat(reclaimer.reclaimTo(test.cpu, 20)).isEqualTo(79);
    for (long hvn = first; hvn < first + 100; hvn++) {
      assertThat(mmu.isMapped(hvn)).isEqualTo(hvn >= first + 40 && hvn < first + 60);
    }
  }

  @Test
  void whatTheVmmUsedCountsAsUsed() {
    long first = space.map(test.cpu, 100, 1);
    touch(first, 100);
    assertThat(reclaimer.reclaim(test.cpu, 1)).isEqualTo(1);
    test.word(first + 50);
    assertThat(reclaimer.reclaimTo(test.cpu, 1)).isEqualTo(98);
    assertThat(mmu.isMapped(first + 50)).isTrue();
  }

  @Test
  void itTakesPartsOfLargePages() {
    long first = space.map(test.cpu, 2048, 2);
    touch(first, 2048);
    assertThat(reclaimer.reclaim(test.cpu, 700)).isEqualTo(700);
    assertThat(space.residentPages()).isEqualTo(2048 - 700);
    assertThat(space.splits()).isEqualTo(2);
    for (long hvn = first; hvn < first + 2048; hvn++) {
      assertThat(mmu.read(test.cpu, hvn)).isEqualTo(hvn);
    }
  }

  @Test
  void pinnedPagesArePassedOver() {
    long first = space.map(test.cpu, 10, 1);
    touch(first, 10);
    space.pin(test.cpu, first + 4, false);
    assertThat(reclaimer.reclaimTo(test.cpu, 0)).isEqualTo(9);
    assertThat(mmu.isMapped(first + 4)).isTrue();
    space.unpin(test.cpu, first + 4, false);
  }
}
