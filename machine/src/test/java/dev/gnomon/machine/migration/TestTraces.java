package dev.gnomon.machine.migration;

import dev.gnomon.machine.trace.TraceSource;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.Random;

/** Small traces that keep writing to some pages and now and then touch others. */
final class TestTraces {
  /** Records of one pass. */
  private static final int RECORDS = 40_000;

  private static final int PAGES = 600;
  private static final int HOT_PAGES = 40;

  private TestTraces() {}

  /**
   * A trace that writes to a few pages, none of which lies in the TLB's first set: that is where
   * the kernel's own page is.
   */
  static TraceSource narrow(int passes) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < RECORDS; i++) {
      text.append(" S ").append(Long.toHexString(0x4000_1000L + i % 20 * 4096)).append(",8\n");
    }
    return of(text.toString()).repeat(passes);
  }

  /** A trace of {@code passes} passes, whose first touches every page. */
  static TraceSource busy(int passes) {
    Random random = new Random(5);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < RECORDS; i++) {
      boolean isHot = random.nextInt(10) < 8;
      long page = i < PAGES ? i : random.nextInt(isHot ? HOT_PAGES : PAGES);
      long address = 0x4000_0000L + page * 4096 + random.nextInt(4088);
      String kind = random.nextInt(3) == 0 ? " S " : random.nextBoolean() ? " L " : " M ";
      text.append(i % 5 == 4 ? "I  " : kind)
          .append(Long.toHexString(i % 5 == 4 ? 0x40_0000L + i % 4096 : address))
          .append(',')
          .append(1 + random.nextInt(8))
          .append('\n');
    }
    return of(text.toString()).repeat(passes);
  }

  static TraceSource of(String text) {
    byte[] bytes = text.getBytes(StandardCharsets.ISO_8859_1);
    return TraceSource.stream("test.trace", new ByteArrayInputStream(bytes));
  }
}
