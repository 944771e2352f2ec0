package dev.gnomon.mmu.spte;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.testing.Configs;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.LongRange;
import org.junit.jupiter.api.Test;

class MmioSpteTest {
  private static final SpteFormat EPT = new SpteFormat(Configs.ept());
  private static final SpteFormat NPT = new SpteFormat(Configs.npt());

  @Test
  void underEptItIsWriteAndExecuteWithoutRead() {
    assertThat(MmioSpte.make(EPT, 0x12345, 0)).isEqualTo(0x1234_5006L);
  }

  @Test
  void underNptItHasBit51AndPAndTheAccess() {
    assertThat(MmioSpte.make(NPT, 0x12345, 0)).isEqualTo(0x0008_0000_1234_5007L);
  }

  @Test
  void theGenerationHas8BitsFromBit3And11FromBit52() {
    assertThat(MmioSpte.make(EPT, 0, 0xff)).isEqualTo(0x7f8L | 6);
    assertThat(MmioSpte.make(EPT, 0, 0x7ff00)).isEqualTo(0x7ffL << 52 | 6);
  }

  @Property
  void whatGoesInComesOut(
      @ForAll boolean isEpt,
      @ForAll @LongRange(max = (1L << 39) - 1) long gfn,
      @ForAll @LongRange(max = Long.MAX_VALUE) long generation) {
    SpteFormat format = isEpt ? EPT : NPT;
    long spte = MmioSpte.make(format, gfn, generation);
    assertThat(MmioSpte.isMmio(format, spte)).isTrue();
    assertThat(MmioSpte.gfn(format, spte)).isEqualTo(gfn);
    assertThat(MmioSpte.generation(spte)).isEqualTo(generation & (1L << 19) - 1);
    assertThat(SpteFormat.isShadowPresent(spte)).isFalse();
  }

  @Property
  void noTableAndNoLeafIsTakenForAMark(@ForAll boolean isEpt, @ForAll long bits) {
    SpteFormat format = isEpt ? EPT : NPT;
    assertThat(MmioSpte.isMmio(format, bits | SpteFormat.MMU_PRESENT)).isFalse();
  }

  @Test
  void noneIsMadeWhereTheLegacyFormatHasNoReservedAddressBitLeft() {
    assertThat(MmioSpte.isPossible(new SpteFormat(Configs.npt().withPhysicalAddressBits(52)), 1))
        .isFalse();
    assertThat(MmioSpte.isPossible(new SpteFormat(Configs.npt().withPhysicalAddressBits(51)), 1))
        .isTrue();
    assertThat(MmioSpte.isPossible(new SpteFormat(Configs.ept().withPhysicalAddressBits(52)), 1))
        .isTrue();
  }

  @Test
  void noneIsMadeForAGfnThatReachesTheReservedBit() {
    assertThat(MmioSpte.isPossible(NPT, 1L << 39)).isFalse();
    assertThat(MmioSpte.isPossible(EPT, 1L << 39)).isTrue();
    assertThat(MmioSpte.isPossible(EPT, 1L << 40)).isFalse();
  }
}
