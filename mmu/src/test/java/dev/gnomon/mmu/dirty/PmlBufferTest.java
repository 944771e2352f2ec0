package dev.gnomon.mmu.dirty;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.testing.TestPlatform;
import org.junit.jupiter.api.Test;

class PmlBufferTest {
  private final TestPlatform platform = new TestPlatform(1);
  private final long pfn = platform.frames().allocate(platform.cpu(0));
  private final PmlBuffer buffer = new PmlBuffer(platform.memory(), pfn);

  @Test
  void itFillsFromTheEnd() {
    buffer.log(0x5123);
    assertThat(platform.memory().getLong((pfn << 12) + 8 * 511)).isEqualTo(0x5000);
  }

  @Test
  void itIsFullAfter512() {
    for (int i = 0; i < 511; i++) {
      buffer.log((long) i << 12);
    }
    assertThat(buffer.isFull()).isFalse();
    buffer.log(511L << 12);
    assertThat(buffer.isFull()).isTrue();
  }

  @Test
  void itGivesPageFramesOldestFirst() {
    buffer.log(7L << 12);
    buffer.log(3L << 12);
    assertThat(buffer.count()).isEqualTo(2);
    assertThat(buffer.gfn(0)).isEqualTo(7);
    assertThat(buffer.gfn(1)).isEqualTo(3);
  }

  @Test
  void itIsEmptyOnceCleared() {
    buffer.log(7L << 12);
    buffer.clear();
    assertThat(buffer.count()).isZero();
  }
}
