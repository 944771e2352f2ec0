package dev.gnomon.machine.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class TraceReaderTest {

  private final List<Access> ten = Access.distinct(10);
  private final byte[] text = Access.toText(ten);

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 5, 9, 10, 11, 4096})
  void fillsBatchesOfAnyCapacity(int capacity) {
    TraceBatch batch = new TraceBatch(capacity);
    try (TraceReader reader = Texts.reader(text)) {
      assertThat(reader.read(batch)).isEqualTo(Math.min(capacity, 10)).isEqualTo(batch.count());
      assertThat(Access.in(batch)).isEqualTo(ten.subList(0, batch.count()));
      assertThat(Access.readAll(reader, batch)).isEqualTo(ten.subList(Math.min(capacity, 10), 10));
    }
  }

  @Test
  void goesOnSayingThatItIsAtTheEnd() {
    TraceBatch batch = new TraceBatch();
    try (TraceReader reader = Texts.reader(text)) {
      assertThat(reader.read(batch)).isEqualTo(10);
      assertThat(reader.read(batch)).isZero();
      assertThat(batch.count()).isZero();
      assertThat(reader.read(batch)).isZero();
    }
  }

  @Test
  void readsNoMoreThanItsLimit() {
    TraceBatch batch = new TraceBatch(8);
    try (TraceReader reader = Texts.reader(text)) {
      assertThat(reader.read(batch, 3)).isEqualTo(3);
      assertThat(reader.line()).isEqualTo(3);
      assertThat(reader.read(batch, 1)).isEqualTo(1);
      assertThat(Access.in(batch)).containsExactly(ten.get(3));
    }
  }

  @Test
  void countsLinesIncludingThoseItSkips() {
    try (TraceReader reader = Texts.reader(Texts.bytes("==1== x\n\n L 04000000,8\n"))) {
      assertThat(reader.line()).isZero();
      reader.read(new TraceBatch());
      assertThat(reader.line()).isEqualTo(3);
    }
  }

  @Test
  void readsAFullBufferWhoseLastLineEndsWithIt() {
    // 16 bytes a line, so that the end of a line and of the 64 bytes of buffer coincide.
    byte[] even = Texts.bytes(" L 04000000,100\n".repeat(40));
    try (TraceReader reader =
        Texts.reader(new ByteArrayInputStream(even), LackeyReader.MIN_BUFFER_SIZE)) {
      assertThat(Access.readAll(reader)).hasSize(40);
      assertThat(reader.bytesRead()).isEqualTo(640);
    }
  }

  @Test
  void refusesABatchWithoutRoom() {
    assertThatThrownBy(() -> new TraceBatch(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void keepsTheGreatestAddressKindAndSizeApart() {
    TraceBatch batch = new TraceBatch(1);
    batch.put(0, TraceBatch.ADDRESS_LIMIT - 4096, TraceBatch.MODIFY, TraceBatch.MAX_SIZE);
    batch.setCount(1);
    assertThat(Access.in(batch))
        .containsExactly(new Access(TraceBatch.MODIFY, (1L << 57) - 4096, 4096));
  }
}
