package dev.gnomon.checker.race.seeded;

import org.jspecify.annotations.Nullable;

/** Plain fields of every kind. */
public class Shared {
  private static int total;

  private final int fixed = 1;
  private int count;
  private long wide;
  private volatile int loose;
  private int @Nullable [] table;
  protected int inherited;
  private @Nullable Shared next;

  /** One that extends it, and reaches its fields. */
  public static final class Extended extends Shared {
    public void writeInherited() {
      inherited++;
    }
  }

  /** One inside it, that reaches its private fields. */
  public final class Inside {
    public void writeOuter() {
      count = 3;
    }
  }

  public void writeCount() {
    count = 1;
  }

  public int readCount() {
    return count;
  }

  public void increment() {
    count++;
  }

  public void incrementInLambda() {
    Runnable increment = () -> count++;
    increment.run();
  }

  public void writeWide() {
    wide = 1;
  }

  public long readWide() {
    return wide;
  }

  public void writeLoose() {
    loose = fixed;
  }

  public int readLoose() {
    return loose + fixed;
  }

  public static void incrementTotal() {
    total++;
  }

  public int readInherited() {
    return inherited;
  }

  /** Makes what it needs when it is first asked; harmless at first sight. */
  public int lookUp(int index) {
    if (table == null) {
      table = new int[] {2, 3, 5, 7};
    }
    return table[index];
  }

  public void publish() {
    next = new Shared();
    next.count = 5;
  }

  public int readPublished() {
    Shared published = next;
    return published == null ? 0 : published.count;
  }
}
