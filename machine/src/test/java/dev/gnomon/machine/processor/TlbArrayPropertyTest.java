package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/**
 * An array in which every page of the test has room, against a map: with few entries, which it
 * remembers the places of, and with more. Once a single page was dropped, the next may take
 * another's place.
 */
class TlbArrayPropertyTest {
  private static final int SETS = 32;
  private static final int WAYS = 4;
  private static final int PAGES = SETS * WAYS;
  private static final int CLEAR = 2 * PAGES;
  private static final int DROP_NON_GLOBAL = CLEAR + 1;

  private final TlbArray array = new TlbArray(1, SETS, WAYS);
  private final Map<Integer, Long> model = new HashMap<>();
  private boolean hasDropped;

  private static long translation(int page) {
    long flags = page % 3 == 0 ? Translation.GLOBAL : 0;
    return Translation.make((long) page << 12, 1, Translation.ALL, 0, flags);
  }

  /** A step is a page that is entered, one that is dropped, or one of two ways to drop many. */
  @Property(tries = 300)
  void itHoldsWhatWasEnteredAndNotDropped(
      @ForAll @IntRange(min = 1, max = 4) int part,
      @ForAll @Size(max = 200) List<@IntRange(max = DROP_NON_GLOBAL) Integer> steps,
      @ForAll boolean dropsPages) {
    for (int step : steps) {
      if (step == CLEAR) {
        array.clear();
        model.clear();
      } else if (step == DROP_NON_GLOBAL) {
        array.dropNonGlobal();
        model.keySet().removeIf(page -> page % 3 != 0);
      } else if (step >= PAGES && dropsPages) {
        hasDropped = true;
        array.drop((long) (step % PAGES) << 12);
        model.remove(step % PAGES);
      } else {
        int page = step % PAGES / part;
        array.insert((long) page << 12, translation(page));
        model.put(page, translation(page));
      }
      check();
    }
    array.dropNonGlobal();
    model.keySet().removeIf(page -> page % 3 != 0);
    check();
    array.clear();
    model.clear();
    check();
  }

  private void check() {
    for (int page = 0; page < PAGES; page++) {
      long expected = model.getOrDefault(page, 0L);
      assertThat(array.find((long) page << 12)).isIn(expected, hasDropped ? 0 : expected);
    }
  }
}
