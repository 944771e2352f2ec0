package dev.gnomon.checker.race.seeded;

import java.util.HashMap;
import java.util.Map;

/** Filled by a class initialiser, which comes before every use. */
public final class Initialized {
  private static final int[] TABLE = new int[4];
  private static final Map<String, Integer> NAMES = new HashMap<>();
  private static int count;

  static {
    for (int i = 0; i < TABLE.length; i++) {
      TABLE[i] = i;
      NAMES.put("n" + i, i);
      count++;
    }
  }

  private Initialized() {}

  public static int look(int index) {
    return TABLE[index] + NAMES.get("n" + index) + count;
  }
}
