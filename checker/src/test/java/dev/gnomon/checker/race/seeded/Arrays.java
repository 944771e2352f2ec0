package dev.gnomon.checker.race.seeded;

/** Arrays of every type. */
public final class Arrays {
  private final long[] longs = new long[300];
  private final int[] ints = new int[4];
  private final byte[] bytes = new byte[4];
  private final boolean[] booleans = new boolean[4];
  private final double[] doubles = new double[4];
  private final Object[] objects = new Object[4];
  private final long[][] rows = new long[2][4];

  public void write(String type, int index) {
    switch (type) {
      case "long" -> longs[index] = 1;
      case "int" -> ints[index]++;
      case "byte" -> bytes[index] = 1;
      case "boolean" -> booleans[index] = true;
      case "double" -> doubles[index] += 1;
      case "object" -> objects[index] = this;
      case "row" -> rows[1][index] = 1;
      case "fill" -> java.util.Arrays.fill(longs, 1);
      case "fill part" -> java.util.Arrays.fill(longs, 0, index + 1, 1);
      case "copy" -> System.arraycopy(new long[300], 0, longs, 0, index + 1);
      default -> throw new IllegalArgumentException(type);
    }
  }

  public Object read(String type, int index) {
    return switch (type) {
      case "long" -> longs[index];
      case "int" -> ints[index];
      case "byte" -> bytes[index];
      case "boolean" -> booleans[index];
      case "double" -> doubles[index];
      case "object" -> objects[index];
      case "row" -> rows[1][index];
      case "clone" -> longs.clone();
      case "copy" -> java.util.Arrays.copyOf(longs, index + 1);
      case "copy out" -> {
        long[] copy = new long[300];
        System.arraycopy(longs, 0, copy, 0, index + 1);
        yield copy;
      }
      default -> throw new IllegalArgumentException(type);
    };
  }
}
