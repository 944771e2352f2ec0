package dev.gnomon.mmu.slot;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class LargePageCountsTest {

  /**
   * By definition: the page lies in the slot, gfn and hvn are aligned alike, and nobody forbids it.
   */
  private static int largestAllowed(
      long base, long pages, long hvn, List<Long> forbidden, long gfn, int limit) {
    for (int level = limit; level > 1; level--) {
      long size = level == 2 ? 512 : 512 * 512;
      long first = gfn / size * size;
      boolean isInSlot = first >= base && first + size <= base + pages;
      boolean isAligned = base % size == hvn % size;
      boolean isFree = forbidden.stream().noneMatch(f -> f >= first && f < first + size);
      if (isInSlot && isAligned && isFree) {
        return level;
      }
    }
    return 1;
  }

  @Property(tries = 500, edgeCases = EdgeCasesMode.NONE)
  void theLargestLevelIsTheLargestThatFits(
      @ForAll @LongRange(max = 600_000) long base,
      @ForAll @LongRange(min = 1, max = 900_000) long pages,
      @ForAll @LongRange(max = 4) long hvnPages,
      @ForAll boolean isAligned,
      @ForAll @Size(max = 4) List<@LongRange(max = 899_999) Long> forbiddenOffsets,
      @ForAll @LongRange(max = 899_999) long offset,
      @ForAll @IntRange(min = 1, max = 3) int limit) {
    long hvn = isAligned ? base % (1 << 18) + (hvnPages << 18) : base + hvnPages * 512;
    LargePageCounts counts = new LargePageCounts(base, pages, hvn);
    List<Long> forbidden = new ArrayList<>();
    for (long each : forbiddenOffsets) {
      forbidden.add(base + each % pages);
      counts.change(base + each % pages, 1);
    }
    long gfn = base + offset % pages;
    assertThat(counts.largestAllowed(gfn, limit))
        .isEqualTo(largestAllowed(base, pages, hvn, forbidden, gfn, limit));
  }

  @Test
  void whatWasForbiddenTwiceMustBeAllowedTwice() {
    LargePageCounts counts = new LargePageCounts(0, 512, 0);
    counts.change(5, 1);
    counts.change(6, 1);
    counts.change(5, -1);
    assertThat(counts.largestAllowed(0, 3)).isEqualTo(1);
    counts.change(6, -1);
    assertThat(counts.largestAllowed(0, 3)).isEqualTo(2);
  }

  @Test
  void allowingMoreThanWasForbiddenFailsLoudly() {
    LargePageCounts counts = new LargePageCounts(0, 1 << 18, 0);
    assertThatThrownBy(() -> counts.change(5, -1)).isInstanceOf(IllegalStateException.class);
  }
}
