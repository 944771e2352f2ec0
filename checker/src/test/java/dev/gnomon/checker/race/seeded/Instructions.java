package dev.gnomon.checker.race.seeded;

import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Function;
import java.util.function.IntBinaryOperator;
import java.util.stream.Collectors;

/** Code that compiles to every form of what is rewritten; what it computes must stay the same. */
public final class Instructions {
  private int small = 3;
  private long wide = 1L << 40;
  private double real = 0.5;
  private final byte[] bytes = {1, 2, 3};
  private final boolean[] flags = {true, false};
  private final char[] chars = {'a', 'b'};
  private final short[] shorts = {1, 2};
  private final float[] floats = {1, 2};
  private final long[][] table = {{1, 2}, {3, 4}};

  /** With something to collect, in an interface. */
  private interface Collecting {
    List<String> names();

    default String first() {
      Function<Integer, String> get = names()::get;
      return get.apply(0) + named().get("k") + size(names());
    }

    private Map<String, Integer> named() {
      Map<String, Integer> map = new TreeMap<>();
      map.merge("k", 1, Integer::sum);
      map.computeIfAbsent("l", String::length);
      return map;
    }

    static int size(List<?> list) {
      return list.size();
    }
  }

  private static class Base {
    int value;
    final String text;

    Base(String text, int value) {
      this.text = text;
      this.value = value;
    }
  }

  /** Sets a field of its own before the constructor of its superclass is called. */
  private static final class Early extends Base {
    private int early;

    Early(boolean isLong) {
      int seen = isLong ? new ArrayList<>(List.of(1, 2)).size() : new StringBuilder("x").length();
      early = seen + 1;
      super(isLong ? new String("long") : "short", seen);
      early += value;
    }
  }

  private record Pair(int a, long b) {
    static int made;

    Pair {
      made++;
    }
  }

  private enum Kind {
    ONE,
    TWO;

    private int uses;

    int use() {
      return ++uses;
    }
  }

  public String run() {
    List<Object> results = new ArrayList<>();
    results.add(fields());
    results.add(arrays());
    results.add(constructors());
    results.add(collections());
    results.add(failures());
    return results.toString();
  }

  private String fields() {
    long chained = wide = small = 7;
    int before = small++;
    wide += small--;
    real *= 2;
    small <<= wide > 3 ? 1 : 2;
    IntBinaryOperator operator = (x, y) -> small += x * y;
    return chained + " " + before + " " + wide + " " + real + " " + operator.applyAsInt(2, 3);
  }

  private String arrays() {
    bytes[0] += 5;
    bytes[1]++;
    flags[1] |= flags[0];
    chars[0]++;
    shorts[1] = shorts[0] = 4;
    floats[0] /= 4;
    long chained = table[1][0] = table[0][1] += 10;
    int[][] square = new int[3][3];
    for (int[] row : square) {
      row[1] = row.length;
    }
    Object[] objects = {chained, flags.clone()[1], square[2][1]};
    return bytes[0]
        + " "
        + bytes[1]
        + " "
        + flags[1]
        + " "
        + chars[0]
        + " "
        + shorts[1]
        + " "
        + floats[0]
        + " "
        + java.util.Arrays.toString(table[1])
        + java.util.Arrays.toString(objects);
  }

  private static String constructors() {
    Early early = new Early(true);
    Early late = new Early(false);
    Pair.made = 0;
    Kind.TWO.uses = 0;
    Pair pair = new Pair(1, 2);
    return early.early
        + early.text
        + late.early
        + late.text
        + pair
        + Pair.made
        + Kind.TWO.use()
        + Kind.valueOf("ONE")
        + Kind.values().length;
  }

  private static String collections() {
    Collecting collecting = () -> List.of("a", "b");
    List<Integer> numbers = new ArrayList<>();
    for (int i = 0; i < 4; i++) {
      numbers.add(i);
    }
    for (Iterator<Integer> each = numbers.iterator(); each.hasNext(); ) {
      if (each.next() == 2) {
        each.remove();
      }
    }
    Map<String, List<Integer>> map = new TreeMap<>();
    map.computeIfAbsent("x", key -> new ArrayList<>()).addAll(numbers);
    map.forEach((key, value) -> value.add(9));
    String joined = numbers.stream().map(String::valueOf).collect(Collectors.joining("+"));
    return collecting.first() + numbers + map + joined + map.entrySet().iterator().next().getKey();
  }

  private String failures() {
    StringBuilder text = new StringBuilder();
    text.append(failure(() -> bytes[3] = 1));
    text.append(failure(() -> flags[-1] = flags[9]));
    text.append(failure(() -> ((Instructions) nothing()).small = 1));
    text.append(failure(() -> ((long[]) nothing())[0]++));
    text.append(failure(() -> ((Object[]) new String[1])[0] = 1));
    text.append(failure(() -> ((List<?>) nothing()).size()));
    text.append(failure(() -> List.of(1).add(2)));
    return text.toString();
  }

  @SuppressWarnings("NullAway") // to see what is thrown
  private static Object nothing() {
    return Map.of().get("nothing");
  }

  private static String failure(Runnable action) {
    try {
      action.run();
      return "nothing ";
    } catch (RuntimeException e) {
      return e.getClass().getSimpleName() + " ";
    }
  }
}
