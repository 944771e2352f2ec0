package dev.gnomon.mmu.spte;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import org.junit.jupiter.api.Test;

final class SpteTextTest {
  private static final SpteFormat EPT = new SpteFormat(MmuConfig.of(TdpKind.EPT, 1));
  private static final SpteFormat NO_AD =
      new SpteFormat(MmuConfig.of(TdpKind.EPT, 1).withAccessedDirty(false));

  private static long leaf(SpteFormat format) {
    return format.leafBase(!format.hasAccessedDirty())
        | format.readBits(true)
        | format.hostWritableBit()
        | format.mmuWritableBit()
        | 0x45L << 12;
  }

  @Test
  void namesTheBitsOfALeafThatChanged() {
    long before = leaf(EPT);
    long after = before | SpteFormat.WRITABLE | EPT.accessedBit() | EPT.dirtyBit();

    assertThat(SpteText.change(EPT, before, after, 1)).isEqualTo("W 0->1 A 0->1 D 0->1");
    assertThat(SpteText.change(EPT, after, after & ~SpteFormat.WRITABLE, 1)).isEqualTo("W 1->0");
  }

  @Test
  void saysWhatALeafWasAndIsWhereItIsNoLongerTheSame() {
    assertThat(SpteText.change(NO_AD, leaf(NO_AD), SpteFormat.NON_PRESENT, 1))
        .isEqualTo("leaf pfn 45 R-X host-writable MMU-writable -> non-present");
    assertThat(SpteText.change(NO_AD, SpteFormat.NON_PRESENT, SpteFormat.FROZEN, 2))
        .isEqualTo("non-present -> frozen");
  }

  @Test
  void saysThatALeafBecameAccessTracked() {
    long tracked = NO_AD.markAccessTracked(leaf(NO_AD));

    assertThat(SpteText.change(NO_AD, leaf(NO_AD), tracked, 1))
        .isEqualTo("R 1->0 X 1->0 access-tracked 0->1");
  }

  @Test
  void keepsQuietAboutNoBitThatItCannotName() {
    assertThat(SpteText.change(EPT, leaf(EPT), leaf(EPT) | 1L << 60, 1))
        .isEqualTo("bits 0x1000000000000000 changed");
  }

  @Test
  void saysThatNothingChanged() {
    assertThat(SpteText.change(EPT, SpteFormat.FROZEN, SpteFormat.FROZEN, 2))
        .isEqualTo("frozen (unchanged)");
  }
}
