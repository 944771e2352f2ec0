package dev.gnomon.checker.report;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

final class GfnTextTest {

  @Test
  void drawsNeighboursTogether() {
    assertThat(GfnText.of(List.of(0x100L, 0x3L, 0x1L, 0x2L, 0x102L)))
        .isEqualTo("0x1-0x3, 0x100, 0x102");
  }

  @Test
  void saysNothingOfNone() {
    assertThat(GfnText.of(List.of())).isEmpty();
  }

  @Test
  void readsTheBitsOfAWord() {
    assertThat(GfnText.of(0x40, -1L)).isEqualTo("0x40-0x7f");
    assertThat(GfnText.of(0x40, 1L << 63 | 1)).isEqualTo("0x40, 0x7f");
  }
}
