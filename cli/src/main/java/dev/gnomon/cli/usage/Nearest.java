package dev.gnomon.cli.usage;

import java.util.Collection;
import java.util.Comparator;

/** Finds what a user probably meant. */
public final class Nearest {
  private Nearest() {}

  /**
   * The known word that takes the fewest insertions, deletions and replacements of letters to get
   * to; the first of several.
   *
   * @param known at least one
   */
  public static String to(String word, Collection<String> known) {
    return known.stream().min(Comparator.comparingInt(each -> distance(word, each))).orElseThrow();
  }

  /** Levenshtein's distance. */
  static int distance(String from, String to) {
    int[] row = new int[to.length() + 1];
    for (int j = 0; j < row.length; j++) {
      row[j] = j;
    }
    for (int i = 1; i <= from.length(); i++) {
      int diagonal = row[0];
      row[0] = i;
      for (int j = 1; j < row.length; j++) {
        int replaced = diagonal + (from.charAt(i - 1) == to.charAt(j - 1) ? 0 : 1);
        diagonal = row[j];
        row[j] = Math.min(replaced, 1 + Math.min(row[j], row[j - 1]));
      }
    }
    return row[to.length()];
  }
}
