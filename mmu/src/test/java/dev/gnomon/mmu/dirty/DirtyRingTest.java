package dev.gnomon.mmu.dirty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.testing.TestPlatform;
import org.junit.jupiter.api.Test;

class DirtyRingTest {
  private static final int SIZE = 1024;
  private static final int SOFT_LIMIT = SIZE - DirtyRing.RESERVED;

  private final DirtyRing ring = new DirtyRing(new TestPlatform(1), SIZE);

  private void push(int count) {
    for (int i = 0; i < count; i++) {
      ring.push(1, i);
    }
  }

  private void harvestAll() {
    while (ring.harvest() >= 0) {}
  }

  @Test
  void entriesComeOutInTheOrderInWhichTheyWentIn() {
    ring.push(3, 77);
    ring.push(0, (1L << 40) + 5);
    long first = ring.harvest();
    long second = ring.harvest();
    assertThat(DirtyRing.slotId(first)).isEqualTo(3);
    assertThat(DirtyRing.offset(first)).isEqualTo(77);
    assertThat(DirtyRing.slotId(second)).isZero();
    assertThat(DirtyRing.offset(second)).isEqualTo((1L << 40) + 5);
    assertThat(ring.harvest()).isEqualTo(-1);
  }

  @Test
  void itWrapsAround() {
    for (int round = 0; round < 5; round++) {
      for (int i = 0; i < 700; i++) {
        ring.push(round, i);
      }
      for (int i = 0; i < 700; i++) {
        long entry = ring.harvest();
        assertThat(DirtyRing.slotId(entry)).isEqualTo(round);
        assertThat(DirtyRing.offset(entry)).isEqualTo(i);
      }
      ring.reset();
    }
  }

  @Test
  void itIsSoftFullAtTheLimitThatLeavesRoomForAPmlBuffer() {
    assertThat(DirtyRing.RESERVED).isGreaterThan(PmlBuffer.ENTRIES);
    push(SOFT_LIMIT - 1);
    assertThat(ring.isSoftFull()).isFalse();
    push(1);
    assertThat(ring.isSoftFull()).isTrue();
  }

  @Test
  void harvestingAloneMakesNoRoom() {
    push(SOFT_LIMIT);
    harvestAll();
    assertThat(ring.unharvested()).isZero();
    assertThat(ring.isSoftFull()).isTrue();
    ring.reset();
    assertThat(ring.isSoftFull()).isFalse();
  }

  @Test
  void aResetFreesOnlyWhatWasHarvested() {
    push(SOFT_LIMIT + 1);
    ring.harvest();
    ring.reset();
    assertThat(ring.unharvested()).isEqualTo(SOFT_LIMIT);
    assertThat(ring.isSoftFull()).isTrue();
  }

  @Test
  void anOverflowFailsLoudlyAndNotBeforeTheLastEntry() {
    push(SIZE);
    assertThatThrownBy(() -> push(1)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void ofARingThatIsSmallHalfIsReserved() {
    DirtyRing small = new DirtyRing(new TestPlatform(1), 8);
    for (int i = 0; i < 3; i++) {
      small.push(0, i);
    }
    assertThat(small.isSoftFull()).isFalse();
    small.push(0, 3);
    assertThat(small.isSoftFull()).isTrue();
  }
}
