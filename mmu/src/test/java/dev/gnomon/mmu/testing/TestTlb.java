package dev.gnomon.mmu.testing;

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
    translations.remove(gfn);
    tables.remove(gfn >>> 9);
  }

  void fill(long gfn, Translation translation) {
    translations.put(gfn, translation);
    if (translation.level() == 1) {
      tables.put(gfn >>> 9, translation.lowestTable());
    }
  }

  /** A cached translation of the frame, if it still holds one. */
  @Nullable Translation translation(long gfn) {
    Translation cached = translations.get(gfn);
    return cached != null && holds.getAsBoolean() ? cached : null;
  }

  /** The level-1 table for the frame, if it still knows one; else -1. */
  long table(long gfn) {
    Long cached = tables.get(gfn >>> 9);
    return cached != null && holds.getAsBoolean() ? cached : -1;
  }
}
