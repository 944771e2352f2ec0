package dev.gnomon.mmu.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.testing.TestPlatform;
import org.junit.jupiter.api.Test;

class TrackedWritesTest {
  private final TrackedWrites tracked = new TrackedWrites(new TestPlatform(1), 9);

  @Test
  void neighboursInOneWordAreCountedApart() {
    tracked.change(5, 1);
    tracked.change(6, 1);
    tracked.change(6, 1);
    tracked.change(5, -1);
    for (long offset = 0; offset < 9; offset++) {
      assertThat(tracked.isTracked(offset)).as("offset %d", offset).isEqualTo(offset == 6);
    }
  }

  @Test
  void aPageIsTrackedUntilItsLastTrackerIsGone() {
    tracked.change(8, 1);
    tracked.change(8, 1);
    tracked.change(8, -1);
    assertThat(tracked.isTracked(8)).isTrue();
    tracked.change(8, -1);
    assertThat(tracked.isTracked(8)).isFalse();
  }

  @Test
  void aCountNeitherFallsBelowZeroNorSpillsIntoItsNeighbour() {
    assertThatThrownBy(() -> tracked.change(0, -1)).isInstanceOf(IllegalStateException.class);
    tracked.change(3, 0xffff);
    assertThatThrownBy(() -> tracked.change(3, 1)).isInstanceOf(IllegalStateException.class);
    assertThat(tracked.isTracked(2)).isFalse();
  }
}
