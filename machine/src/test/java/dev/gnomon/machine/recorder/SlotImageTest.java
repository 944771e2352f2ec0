package dev.gnomon.machine.recorder;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Map;
import org.junit.jupiter.api.Test;

/** Two images of memory side by side. */
class SlotImageTest {
  private static SlotImage image(long baseGfn, byte[]... pages) {
    return SlotImage.of(0, baseGfn, pages.length, page -> pages[(int) page].clone());
  }

  private static byte[] page(int at, int value) {
    byte[] page = new byte[4096];
    page[at] = (byte) value;
    return page;
  }

  @Test
  void pagesOfZerosAreNotKept() {
    assertThat(image(0, page(0, 0), page(5, 1), page(0, 0)).pages()).containsOnlyKeys(1L);
  }

  @Test
  void wordsThatDifferHaveTheirGpaAndTheValueHere() {
    SlotImage one = image(0x800, page(0, 0), page(0x12, 0xff));
    SlotImage other = image(0x800, page(8, 7), page(0x13, 1));
    assertThat(one.wordsUnlike(other)).isEqualTo(Map.of(0x80_0008L, 0L, 0x80_1010L, 0xff_0000L));
    assertThat(other.wordsUnlike(one)).isEqualTo(Map.of(0x80_0008L, 7L, 0x80_1010L, 0x100_0000L));
  }

  @Test
  void equalMemoryDiffersNowhere() {
    assertThat(image(0, page(1, 1)).wordsUnlike(image(0, page(1, 1)))).isEmpty();
  }
}
