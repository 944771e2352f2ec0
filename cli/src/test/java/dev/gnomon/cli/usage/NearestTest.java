package dev.gnomon.cli.usage;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import org.junit.jupiter.api.Test;

class NearestTest {
  @Test
  void countsInsertionsDeletionsAndReplacements() {
    assertThat(Nearest.distance("", "abc")).isEqualTo(3);
    assertThat(Nearest.distance("kitten", "sitting")).isEqualTo(3);
    assertThat(Nearest.distance("same", "same")).isZero();
  }

  @Test
  void choosesTheNearest() {
    assertThat(Nearest.to("--vcpu", List.of("--verify", "--vcpus", "--cpu"))).isEqualTo("--vcpus");
  }
}
