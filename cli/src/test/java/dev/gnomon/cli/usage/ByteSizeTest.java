package dev.gnomon.cli.usage;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import picocli.CommandLine.TypeConversionException;

class ByteSizeTest {
  private final ByteSize size = new ByteSize();

  @ParameterizedTest
  @CsvSource({"4096,4096", "2k,2048", "512m,536870912", "4G,4294967296", "1t,1099511627776"})
  void readsUnits(String text, long bytes) {
    assertThat(size.convert(text)).isEqualTo(bytes);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "m", "-1", "1.5g", "5x", "9999999999g", "99999999999999999999"})
  void refusesWhatIsNoSize(String text) {
    assertThatThrownBy(() -> size.convert(text)).isInstanceOf(TypeConversionException.class);
  }

  @Test
  void writesTheLargestUnitThatDivides() {
    assertThat(ByteSize.text(512L << 20)).isEqualTo("512m");
    assertThat(ByteSize.text(5000)).isEqualTo("5000");
    assertThat(ByteSize.text(0)).isEqualTo("0");
    assertThat(ByteSize.text(1L << 50)).isEqualTo("1024t");
  }
}
