package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What CPUID does not report cannot be switched on. */
class MaskedFeatureTest {

  /** mov eax, bit; mov cr4, eax; out 0x14, al. */
  private static StopReason setCr4(String changes, int bit) {
    String code = "b8%08x 0f22e0 e614".formatted(Integer.reverseBytes(1 << bit));
    CpuFeatures features = CpuFeatures.all().with(changes);
    try (X86Rig rig = new X86Rig(2, features).load(0x1000, code).startFlat(0x1000)) {
      StopReason reason = rig.run();
      if (reason == StopReason.SHUTDOWN) {
        assertThat(rig.cpu.shutdownReason()).startsWith("triple fault: #GP with error code 0x0,");
        assertThat(rig.state.cr4).isZero();
      }
      return reason;
    }
  }

  @ParameterizedTest
  @CsvSource({"smep, 20", "smap, 21", "pku, 22", "la57, 12", "umip, 11", "fsgsbase, 16", "pge, 7"})
  void aFeaturesControlBitFaultsWithoutIt(String feature, int bit) {
    assertThat(setCr4("-" + feature, bit)).isEqualTo(StopReason.SHUTDOWN);
    assertThat(setCr4("+" + feature, bit)).isEqualTo(StopReason.STOPPED);
  }

  @Test
  void efersBitsFaultWithoutTheirFeature() {
    // mov ecx, 0xc0000080; mov eax, 0x800 (NXE); wrmsr
    CpuFeatures features = CpuFeatures.all().with("-nx");
    String code = "b9800000c0 b800080000 31d2 0f30 e614";
    try (X86Rig rig = new X86Rig(2, features).load(0x1000, code).startFlat(0x1000)) {
      assertThat(rig.run()).isEqualTo(StopReason.SHUTDOWN);
      assertThat(rig.state.efer).isZero();
    }
  }

  @ParameterizedTest
  @CsvSource({"intel, SHUTDOWN", "amd, STOPPED"})
  void syscallOutside64BitCodeIsAmds(String vendor, StopReason expected) {
    // mov ecx, 0xc0000080; mov eax, 1 (SCE); wrmsr; STAR = 8 << 32 | 0x1100; syscall; 0x1100: out
    String code = "b9800000c0 b801000000 31d2 0f30 fec1 b800110000 ba08000000 0f30 0f05";
    CpuFeatures features = CpuFeatures.all().with("vendor=" + vendor);
    try (X86Rig rig = new X86Rig(2, features).load(0x1000, code).load(0x1100, "e614")) {
      rig.startFlat(0x1000);
      assertThat(rig.run()).isEqualTo(expected);
      if (expected == StopReason.STOPPED) {
        assertThat(rig.state.gpr[CpuState.RCX]).isEqualTo(0x101e);
        assertThat(rig.state.segments[CpuState.SS].selector()).isEqualTo(0x10);
      }
    }
  }
}
