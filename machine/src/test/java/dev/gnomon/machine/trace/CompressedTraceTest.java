package dev.gnomon.machine.trace;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import java.io.ByteArrayInputStream;
import java.io.FilterInputStream;
import java.io.IOException;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

class CompressedTraceTest {

  private final List<Access> accesses = Access.distinct(20_000);
  private final byte[] text = Access.toText(accesses);

  @ParameterizedTest
  @EnumSource
  void isToldByItsContent(Texts.Form form) {
    assertThat(Access.readAll(Texts.reader(form.of(text)))).isEqualTo(accesses);
  }

  @ParameterizedTest
  @EnumSource
  void mayBeSeveralStreamsOneAfterTheOther(Texts.Form form) {
    // The seam is in the middle of a line.
    byte[] first = form.of(Arrays.copyOf(text, 30_005));
    byte[] second = form.of(Arrays.copyOfRange(text, 30_005, text.length));
    assertThat(Access.readAll(Texts.reader(Texts.concat(first, second)))).isEqualTo(accesses);
  }

  @Test
  void mayBeginWithASkippableFrame() {
    byte[] skippable = {0x5a, 0x2a, 0x4d, 0x18, 3, 0, 0, 0, 'a', 'b', 'c'};
    byte[] stored = Texts.concat(skippable, Texts.Form.ZSTD.of(text));
    assertThat(Access.readAll(Texts.reader(stored))).isEqualTo(accesses);
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8, 100, 20_000})
  void saysThatGzipIsCutOff(int missing) {
    assertCutOff(Texts.Form.GZIP, missing, "gzip");
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 4, 8, 100, 10_000})
  void saysThatZstdIsCutOff(int missing) {
    assertCutOff(Texts.Form.ZSTD, missing, "zstd");
  }

  private void assertCutOff(Texts.Form form, int missing, String name) {
    byte[] stored = form.of(text);
    byte[] cut = Arrays.copyOf(stored, stored.length - missing);
    assertThatThrownBy(() -> Access.readAll(Texts.reader(cut)))
        .isExactlyInstanceOf(InputException.class)
        .hasMessageMatching("t\\.trace: the " + name + " file is cut off \\(after line \\d+\\)");
  }

  @Test
  void saysThatGzipIsCutOffInItsHeader() {
    byte[] stored = Arrays.copyOf(Texts.Form.GZIP.of(text), 6);
    assertThatThrownBy(() -> Texts.reader(stored))
        .isExactlyInstanceOf(InputException.class)
        .hasMessage("t.trace: the gzip file is cut off");
  }

  @ParameterizedTest
  @EnumSource(names = {"GZIP", "ZSTD"})
  void saysThatItIsDamaged(Texts.Form form) {
    byte[] stored = form.of(text);
    Arrays.fill(stored, stored.length / 2, stored.length / 2 + 40, (byte) 0xff);
    assertThatThrownBy(() -> Access.readAll(Texts.reader(stored)))
        .isInstanceOf(InputException.class)
        .hasMessageMatching(
            "t\\.trace: the "
                + form.name().toLowerCase(Locale.ROOT)
                + " file is damaged: [^\\n]+ \\(after line \\d+\\)");
  }

  @Test
  void saysThatAZstdChecksumIsWrong() {
    byte[] stored = Texts.Form.ZSTD.of(text);
    stored[stored.length - 1] ^= 1;
    assertThatThrownBy(() -> Access.readAll(Texts.reader(stored)))
        .hasMessageContaining("t.trace: the zstd file is damaged: ");
  }

  @Test
  void saysThatWhatFollowsZstdIsNotZstd() {
    byte[] stored = Texts.concat(Texts.Form.ZSTD.of(text), Texts.bytes("something else"));
    assertThatThrownBy(() -> Access.readAll(Texts.reader(stored)))
        .hasMessageContaining("t.trace: the zstd file is damaged: ");
  }

  @Test
  void saysWhatToDoAboutTooLargeAWindow() {
    // A frame header that asks for a window of 2^28 bytes (RFC 8878 section 3.1.1.1.2), and one
    // empty block.
    byte[] stored = {0x28, (byte) 0xb5, 0x2f, (byte) 0xfd, 0, (byte) ((28 - 10) << 3), 1, 0, 0};
    assertThatThrownBy(() -> Access.readAll(Texts.reader(stored)))
        .isInstanceOf(InputException.class)
        .hasMessage(
            "t.trace: the zstd window is larger than 128 MiB; compress it anew with --long=27 or"
                + " less (after line 0)");
  }

  @ParameterizedTest
  @EnumSource
  void saysThatItIsEmpty(Texts.Form form) {
    assertThatThrownBy(() -> Access.readAll(Texts.reader(form.of(new byte[0]))))
        .hasMessage("t.trace: the trace is empty: it holds no access to memory");
  }

  @Test
  void saysThatReadingFailed() {
    var failing =
        new FilterInputStream(new ByteArrayInputStream(text)) {
          @Override
          public int read(byte[] b, int offset, int length) throws IOException {
            if (in.available() < 1000) {
              throw new IOException("Input/output\nerror");
            }
            return super.read(b, offset, Math.min(length, 500));
          }
        };
    assertThatThrownBy(() -> Access.readAll(Texts.reader(failing, 4096)))
        .isInstanceOf(InputException.class)
        .hasMessageMatching("t\\.trace: cannot be read: Input/output error \\(after line \\d+\\)");
  }

  @ParameterizedTest
  @EnumSource
  void countsTheBytesAsStored(Texts.Form form) {
    byte[] stored = form.of(text);
    try (TraceReader reader = Texts.reader(stored)) {
      Access.readAll(reader);
      assertThat(reader.bytesRead()).isEqualTo(stored.length);
    }
  }
}
