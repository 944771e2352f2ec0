package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.testing.HardwareWalk.Translation;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A TLB and a cache of level-1 tables that lose nothing by themselves. Whether a lookup finds what
 * is there is a choice of nature.
 */
final class TestTlb {
  private final Map<Long, Translation> translations = new HashMap<>();
  private final Map<Long, Long> tables = new HashMap<>();
  private BooleanSupplier holds = () -> false;

  /** Sets what decides whether a lookup finds what was cached. */
  void choose(BooleanSupplier choice) {
    holds = choice;
  }

  void flush() {
    translations.clear();
    tables.clear();
  }

  void drop(long gfn) {
    for (int level = PageLevel.LEVEL_4K; level <= PageLevel.LEVEL_1G; level++) {
      translations.remove(key(gfn, level));
    }
    tables.remove(gfn >>> 9);
  }

  void fill(long gfn, Translation translation) {
    translations.put(key(gfn, translation.level()), translation);
    if (translation.level() == PageLevel.LEVEL_4K) {
      tables.put(gfn >>> 9, translation.lowestTable());
    }
  }

  /** A cached translation of the frame, if it still holds one that allows the access. */
  @Nullable Translation translation(long gfn, AccessKind kind) {
    for (int level = PageLevel.LEVEL_1G; level >= PageLevel.LEVEL_4K; level--) {
      Translation cached = translations.get(key(gfn, level));
      if (cached != null && cached.serves(kind) && holds.getAsBoolean()) {
        return cached;
      }
    }
    return null;
  }

  /** The level-1 table for the frame, if it still knows one; else -1. */
  long table(long gfn) {
    Long cached = tables.get(gfn >>> 9);
    return cached != null && holds.getAsBoolean() ? cached : -1;
  }

  private static long key(long gfn, int level) {
    return PageLevel.alignDown(gfn, level) << 2 | level;
  }
}
