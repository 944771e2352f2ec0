package dev.gnomon.machine.processor;

import java.util.Arrays;
import java.util.List;

/**
 * A paging-structure cache: for the upper bits of an address, where the table of the next lower
 * level lies, and what was gathered on the way to it. Direct-mapped.
 */
final class StructureCache {
  private static final long EMPTY = -1;

  private final int level;
  private final int shift;
  private final int mask;
  private final long[] prefixes;
  private final long[] tables;
  private final long[] notes;
  private boolean isFilled;

  /** A cache of entries of tables of {@code level}. */
  StructureCache(int level, int entries) {
    this.level = level;
    shift = 12 + 9 * (level - 1);
    mask = entries - 1;
    prefixes = new long[entries];
    tables = new long[entries];
    notes = new long[entries];
    Arrays.fill(prefixes, EMPTY);
  }

  /** Where to find an address, or -1: for {@link #table} and {@link #note}. */
  int find(long address) {
    long prefix = address >>> shift;
    int at = (int) prefix & mask;
    return prefixes[at] == prefix ? at : -1;
  }

  /** The address of the lower table. */
  long table(int at) {
    return tables[at];
  }

  /** What was noted with it. */
  long note(int at) {
    return notes[at];
  }

  void insert(long address, long table, long note) {
    long prefix = address >>> shift;
    int at = (int) prefix & mask;
    prefixes[at] = prefix;
    tables[at] = table;
    notes[at] = note;
    isFilled = true;
  }

  /** Drops what is cached for an address. */
  void drop(long address) {
    int at = find(address);
    if (at >= 0) {
      prefixes[at] = EMPTY;
    }
  }

  void clear() {
    if (isFilled) {
      Arrays.fill(prefixes, EMPTY);
      isFilled = false;
    }
  }

  /** Adds what it holds. */
  void list(CachedTranslation.Cache cache, List<CachedTranslation> into) {
    for (int i = 0; i < prefixes.length; i++) {
      if (prefixes[i] != EMPTY) {
        into.add(new CachedTranslation(cache, prefixes[i] << shift, tables[i], level, ""));
      }
    }
  }
}
