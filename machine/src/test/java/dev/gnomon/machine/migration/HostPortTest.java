package dev.gnomon.machine.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class HostPortTest {

  @Test
  void namesAndAddressesAreUnderstood() {
    assertThat(HostPort.parse("example.org:4711")).isEqualTo(new HostPort("example.org", 4711));
    assertThat(HostPort.parse("192.0.2.1:0")).isEqualTo(new HostPort("192.0.2.1", 0));
    assertThat(HostPort.parse("[::1]:65535")).isEqualTo(new HostPort("::1", 65535));
  }

  @ParameterizedTest
  @ValueSource(strings = {"example.org:4711", "[::1]:80", "192.0.2.1:0"})
  void itIsWrittenAsItIsRead(String text) {
    assertThat(HostPort.parse(text)).hasToString(text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "",
        ":",
        "host",
        "host:",
        ":80",
        "host:65536",
        "host:-1",
        "host:8o",
        "::1:80",
        "[]:80",
        "[::1]",
        "[::1:80",
        "host:123456",
        "[[::1]]:80"
      })
  void whatIsNeitherIsRefusedByName(String text) {
    assertThatThrownBy(() -> HostPort.parse(text))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith(text + ": ");
  }
}
