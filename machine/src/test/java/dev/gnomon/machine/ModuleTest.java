package dev.gnomon.machine;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;

/** Tests run inside the module as it ships; on the class path its boundaries would go untested. */
class ModuleTest {
  @Test
  void testsRunInTheNamedModule() {
    assertThat(getClass().getModule().isNamed()).isTrue();
    assertThat(getClass().getModule().getName()).isEqualTo("dev.gnomon.machine");
  }
}
