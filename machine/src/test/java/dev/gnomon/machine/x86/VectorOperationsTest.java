package dev.gnomon.machine.x86;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Where vector instructions fault; what they compute is compared with a real processor. */
class VectorOperationsTest {
  private static final long CODE = 0x1000;
  private static final int CR0_EM = 1 << 2;
  private static final int CR0_TS = 1 << 3;
  private static final int CR4_OSFXSR = 1 << 9;

  private final X86Rig rig = new X86Rig(2);

  @BeforeEach
  void useVectors() {
    rig.startFlat(CODE);
    rig.state.idtr.load(0, 0);
    rig.state.cr4 |= CR4_OSFXSR;
  }

  @AfterEach
  void close() {
    rig.close();
  }

  private StopReason run(String code) {
    return rig.load(CODE, code).run(1);
  }

  private void assertRaises(String code, String exception) {
    assertThat(run(code)).isEqualTo(StopReason.SHUTDOWN);
    assertThat(rig.cpu.shutdownReason()).startsWith("triple fault: " + exception + ",");
    assertThat(rig.state.rip).isEqualTo(CODE);
  }

  // pxor xmm0, xmm1; movups xmm0, [0x2000]; stmxcsr [0x2000]; movd eax, xmm0
  @ParameterizedTest
  @ValueSource(strings = {"660fefc1", "0f100500200000", "0fae1d00200000", "660f7ec0"})
  void withoutAnOperatingSystemThatSavesThemTheyAreUndefined(String code) {
    assertThat(run(code)).isEqualTo(StopReason.COUNT);
    rig.state.rip = CODE;
    rig.state.cr4 = 0;
    assertRaises(code, "#UD");
  }

  @ParameterizedTest
  @ValueSource(strings = {"660fefc1", "0f100500200000", "0fae1d00200000", "660f7ec0"})
  void withEmulationTheyAreUndefined(String code) {
    rig.state.cr0 |= CR0_EM;
    assertRaises(code, "#UD");
  }

  // The last: fxsave [0x2000]
  @ParameterizedTest
  @ValueSource(strings = {"660fefc1", "0f100500200000", "660f7ec0", "0fae0500200000"})
  void afterATaskSwitchTheyAreNotAvailable(String code) {
    rig.state.cr0 |= CR0_TS;
    assertRaises(code, "#NM");
  }

  // movaps xmm0, [0x2008]; movaps [0x2008], xmm0; pxor; movntdq; fxsave
  @ParameterizedTest
  @ValueSource(
      strings = {
        "0f280508200000",
        "0f290508200000",
        "660fef0508200000",
        "660fe70508200000",
        "0fae0508200000"
      })
  void memoryMustBeAligned(String code) {
    assertRaises(code, "#GP with error code 0x0");
  }

  @Test
  void unalignedMovesCrossPages() {
    rig.state.xmm[0] = 0x1122_3344_5566_7788L;
    rig.state.xmm[1] = -2;
    // movups [0x2ff9], xmm0
    assertThat(run("0f1105f92f0000")).isEqualTo(StopReason.COUNT);
    assertThat(rig.word(0x2ff9)).isEqualTo(0x1122_3344_5566_7788L);
    assertThat(rig.word(0x3001)).isEqualTo(-2);
  }

  // fld st0; fninit; movq mm0, mm1; emms; addps xmm0, xmm1; cvtsi2sd xmm0, eax; sqrtsd; pshufb
  @ParameterizedTest
  @ValueSource(
      strings = {"d9c0", "dbe3", "0f6fc1", "0f77", "0f58c1", "f20f2ac0", "f20f51c1", "660f3800c1"})
  void whatIsNotThereIsUndefined(String code) {
    assertRaises(code, "#UD");
  }

  @Test
  void reservedBitsOfMxcsrAreRefused() {
    rig.load(0x2000, "00000100");
    assertRaises("0fae1500200000", "#GP with error code 0x0");
    assertThat(rig.state.mxcsr).isEqualTo(0x1f80);
  }

  @Test
  void anImageIsSavedAndRestored() {
    for (int i = 0; i < 16; i++) {
      rig.state.xmm[i] = i + 100;
    }
    rig.state.mxcsr = 0x9fc0;
    // fxsave [0x2000]
    assertThat(run("0fae0500200000")).isEqualTo(StopReason.COUNT);
    assertThat(rig.word(0x2000) & 0xffff).isEqualTo(0x37f);
    assertThat(rig.word(0x2018)).isEqualTo(0xffff_0000_9fc0L);
    assertThat(rig.word(0x20a8)).isEqualTo(101);
    rig.state.xmm[3] = 0;
    rig.state.mxcsr = 0x1f80;
    rig.state.rip = CODE;
    // fxrstor [0x2000]
    assertThat(run("0fae0d00200000")).isEqualTo(StopReason.COUNT);
    assertThat(rig.state.xmm[3]).isEqualTo(103);
    assertThat(rig.state.mxcsr).isEqualTo(0x9fc0);
  }
}
