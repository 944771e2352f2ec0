package dev.gnomon.machine.processor;

import java.util.Arrays;
import java.util.List;

/** A set-associative array of translations of pages of one size; replaces round robin in a set. */
final class TlbArray {
  private static final long EMPTY = -1;

  private final int level;
  private final int pageShift;
  private final int sets;
  private final int ways;
  private final long[] pages;
  private final long[] translations;
  private final byte[] victims;
  private final FilledPlaces filled;

  TlbArray(int level, int sets, int ways) {
    this.level = level;
    this.sets = sets;
    this.ways = ways;
    pageShift = 12 + 9 * (level - 1);
    pages = new long[sets * ways];
    translations = new long[sets * ways];
    victims = new byte[sets];
    filled = new FilledPlaces(pages.length);
    Arrays.fill(pages, EMPTY);
  }

  /** The level of the pages in it. */
  int level() {
    return level;
  }

  /** The translation of an address, or 0. */
  long find(long address) {
    long page = address >>> pageShift;
    int first = ((int) page & sets - 1) * ways;
    for (int i = first; i < first + ways; i++) {
      if (pages[i] == page) {
        return translations[i];
      }
    }
    return 0;
  }

  /**
   * Enters a translation of an address, in the place of an older one of the same page if there is
   * one.
   */
  void insert(long address, long translation) {
    long page = address >>> pageShift;
    int set = (int) page & sets - 1;
    int first = set * ways;
    int at = -1;
    for (int i = first; i < first + ways; i++) {
      if (pages[i] == page) {
        at = i;
      }
    }
    if (at < 0) {
      at = first + victims[set];
      victims[set] = (byte) ((victims[set] + 1) % ways);
    }
    if (pages[at] == EMPTY) {
      filled.add(at);
    }
    pages[at] = page;
    translations[at] = translation;
  }

  /** Drops the translation of an address. */
  void drop(long address) {
    long page = address >>> pageShift;
    int first = ((int) page & sets - 1) * ways;
    for (int i = first; i < first + ways; i++) {
      if (pages[i] == page) {
        pages[i] = EMPTY;
      }
    }
  }

  /** Drops all but global translations. */
  void dropNonGlobal() {
    boolean isAny = filled.isAny();
    int count = isAny ? pages.length : filled.count();
    // Those that stay are noted again, in places whose turn has been.
    filled.clear();
    for (int i = 0; i < count; i++) {
      int at = isAny ? i : filled.get(i);
      if ((translations[at] & Translation.GLOBAL) == 0) {
        pages[at] = EMPTY;
      } else if (pages[at] != EMPTY) {
        filled.add(at);
      }
    }
  }

  /** Drops all pieces of larger pages of the guest's. */
  void dropFractured() {
    for (int i = 0; i < pages.length; i++) {
      if ((translations[i] & Translation.FRACTURED) != 0) {
        pages[i] = EMPTY;
      }
    }
  }

  void clear() {
    if (filled.isAny()) {
      Arrays.fill(pages, EMPTY);
    } else {
      for (int i = 0; i < filled.count(); i++) {
        pages[filled.get(i)] = EMPTY;
      }
    }
    filled.clear();
  }

  /** Adds what it holds. */
  void list(CachedTranslation.Cache cache, List<CachedTranslation> into) {
    for (int i = 0; i < pages.length; i++) {
      if (pages[i] != EMPTY) {
        into.add(CachedTranslation.of(cache, pages[i] << pageShift, translations[i]));
      }
    }
  }
}
