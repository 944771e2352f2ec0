package dev.gnomon.mmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.testing.Configs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class KernelPresetTest {
  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "linux-5.17 | pfn-dirty=on-clear volatile=any-mmu-writable tdp-write=plain"
            + " flush-on-update=to-readonly writable-leaf=raw-bit fast-fault=ept-always"
            + " aging-flush=if-young huge-recovery=zap",
        "linux-5.18 | pfn-dirty=on-clear flush-on-update=to-readonly writable-leaf=raw-bit"
            + " fast-fault=ept-always aging-flush=if-young huge-recovery=zap",
        "linux-6.1  | pfn-dirty=on-clear flush-on-update=to-readonly writable-leaf=raw-bit"
            + " aging-flush=if-young huge-recovery=zap",
        "linux-6.12 | pfn-dirty=on-clear flush-on-update=to-readonly writable-leaf=raw-bit"
            + " aging-flush=if-young huge-recovery=zap",
        "linux-6.13 | ''"
      })
  void aPresetSaysHowAKernelDecided(String label, String differences) {
    assertThat(KernelPreset.find(label).orElseThrow().rules().describe()).isEqualTo(differences);
  }

  @Test
  void aPresetThatNeedsWhatIsNotBuiltSaysSo() {
    assertThatThrownBy(KernelPreset.LINUX_6_15::rules)
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessage(
            "linux-6.15 needs aging without the lock (aging=lockless), which is not built yet");
  }

  @Test
  void aFeatureThatCameLaterIsRefusedOrLeftOut() {
    MmuConfig splits = Configs.ept().withEagerSplit(true);
    assertThatThrownBy(() -> KernelPreset.LINUX_5_17.check(splits))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("came with 5.18");
    assertThatCode(() -> KernelPreset.LINUX_5_18.check(splits)).doesNotThrowAnyException();
    assertThat(KernelPreset.LINUX_5_17.withoutLaterDefaults(splits).eagerSplit()).isFalse();
    assertThat(KernelPreset.LINUX_6_12.withoutLaterDefaults(splits)).isEqualTo(splits);
  }

  @Test
  void aNameThatIsNoKernelsFindsNothing() {
    assertThat(KernelPreset.find("linux-6.2")).isEmpty();
  }
}
