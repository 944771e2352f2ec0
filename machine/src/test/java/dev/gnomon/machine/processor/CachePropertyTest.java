package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** A cache may forget, but what it says is what was last entered and not dropped since. */
class CachePropertyTest {
  private static final int OPERATIONS = 400;
  private static final int PAGES = 40;

  @Property(tries = 200, edgeCases = EdgeCasesMode.NONE)
  void aTlbArrayInventsNothing(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 3) int level,
      @ForAll @IntRange(min = 0, max = 4) int setBits,
      @ForAll @IntRange(min = 1, max = 5) int ways) {
    Random random = new Random(seed);
    TlbArray array = new TlbArray(level, 1 << setBits, ways);
    Map<Long, Long> model = new HashMap<>();
    int shift = 12 + 9 * (level - 1);
    for (int i = 0; i < OPERATIONS; i++) {
      long page = random.nextInt(PAGES);
      long address = (page << shift) + random.nextInt(1 << 12);
      switch (random.nextInt(16)) {
        case 0, 1, 2, 3, 4, 5 -> {
          long flags = random.nextInt(3) == 0 ? Translation.GLOBAL : 0;
          long hpa = (long) (1 + random.nextInt(1000)) << shift;
          long translation =
              Translation.make(hpa, level, Translation.READ, Translation.UNPAGED, flags);
          array.insert(address, translation);
          model.put(page, translation);
          assertThat(array.find(address)).as("just entered").isEqualTo(translation);
        }
        case 6 -> {
          array.drop(address);
          model.remove(page);
        }
        case 7 -> {
          if (random.nextInt(10) == 0) {
            array.clear();
            model.clear();
          } else {
            array.dropNonGlobal();
            model.values().removeIf(each -> (each & Translation.GLOBAL) == 0);
          }
        }
        default -> {
          long found = array.find(address);
          if (found != 0) {
            assertThat(found).isEqualTo(model.get(page));
          }
        }
      }
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void aTlbArrayHoldsAsManyPagesOfASetAsItHasWays(
      @ForAll @IntRange(min = 0, max = 4) int setBits,
      @ForAll @IntRange(min = 1, max = 8) int ways) {
    TlbArray array = new TlbArray(1, 1 << setBits, ways);
    for (int twice = 0; twice < 2; twice++) {
      for (long way = 0; way < ways; way++) {
        array.insert(way << 12 + setBits, Translation.make(way << 12, 1, 1, 0, 0));
      }
    }
    for (long way = 0; way < ways; way++) {
      assertThat(Translation.page(array.find(way << 12 + setBits))).isEqualTo(way << 12);
    }
  }

  @Property(tries = 100, edgeCases = EdgeCasesMode.NONE)
  void aStructureCacheInventsNothing(
      @ForAll long seed, @ForAll @IntRange(min = 2, max = 3) int level) {
    Random random = new Random(seed);
    StructureCache cache = new StructureCache(level, 8);
    Map<Long, Long> model = new HashMap<>();
    int shift = 12 + 9 * (level - 1);
    for (int i = 0; i < OPERATIONS; i++) {
      long prefix = random.nextInt(PAGES);
      long address = (prefix << shift) + random.nextInt(1 << 12);
      switch (random.nextInt(8)) {
        case 0, 1, 2 -> {
          long table = (1 + random.nextInt(1000)) * 0x1000L;
          cache.insert(address, table, ~table);
          model.put(prefix, table);
          assertThat(cache.find(address)).isNotNegative();
        }
        case 3 -> {
          cache.drop(address);
          model.remove(prefix);
        }
        case 4 -> {
          if (random.nextInt(10) == 0) {
            cache.clear();
            model.clear();
          }
        }
        default -> {
          int at = cache.find(address);
          if (at >= 0) {
            assertThat(cache.table(at)).isEqualTo(model.get(prefix));
            assertThat(cache.note(at)).isEqualTo(~cache.table(at));
          }
        }
      }
    }
  }
}
