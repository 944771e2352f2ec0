package dev.gnomon.mmu.spte;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.testing.Configs;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

class SpteFormatTest {
  private static final SpteFormat EPT = new SpteFormat(Configs.ept());
  private static final SpteFormat EPT_WITHOUT_AD = new SpteFormat(Configs.eptWithoutAd());
  private static final SpteFormat NPT = new SpteFormat(Configs.npt());

  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";

  @Test
  void aTableEntryOfNptIs827() {
    assertThat(NPT.table(0x12345)).isEqualTo(0x1234_5827L);
  }

  @Test
  void aTableEntryOfEptHasTheAccessedBit() {
    assertThat(EPT.table(0x12345)).isEqualTo(0x1234_5907L);
  }

  @Test
  void aTableEntryOfEptWithoutAdBitsIsMarkedDisabled() {
    assertThat(EPT_WITHOUT_AD.table(0x12345)).isEqualTo(0x10000012345807L);
  }

  @Test
  void aNonPresentEntryHasOnlyBit63() {
    assertThat(SpteFormat.NON_PRESENT).isEqualTo(1L << 63);
  }

  @Test
  void aFrozenEntryIsTheSpecsValueAndInNoOtherState() {
    assertThat(SpteFormat.FROZEN).isEqualTo(0x8000_0000_0000_05a0L);
    assertThat(SpteFormat.isFrozen(SpteFormat.FROZEN)).isTrue();
    assertThat(SpteFormat.isNonPresent(SpteFormat.FROZEN)).isFalse();
    assertThat(SpteFormat.isShadowPresent(SpteFormat.FROZEN)).isFalse();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void neitherNonPresentNorFrozenIsPresentToTheProcessor(MmuConfig config) {
    SpteFormat format = new SpteFormat(config);
    assertThat(format.isProcessorPresent(SpteFormat.NON_PRESENT)).isFalse();
    assertThat(format.isProcessorPresent(SpteFormat.FROZEN)).isFalse();
    assertThat(format.isMmio(SpteFormat.NON_PRESENT)).isFalse();
    assertThat(format.isMmio(SpteFormat.FROZEN)).isFalse();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aTableEntryIsNoLeafAboveLevel1AndALeafAtLevel1(MmuConfig config) {
    long table = new SpteFormat(config).table(5);
    assertThat(SpteFormat.isTable(table, 2)).isTrue();
    assertThat(SpteFormat.isPresentLeaf(table, 2)).isFalse();
    assertThat(SpteFormat.isPresentLeaf(table, 1)).isTrue();
    assertThat(SpteFormat.pfn(table)).isEqualTo(5);
  }

  /** spte.md, "The writable states": of the eight combinations only these four exist. */
  @ParameterizedTest(name = "host {0} MMU {1} W {2}: {3}")
  @CsvSource({
    "1, 1, 1, true",
    "1, 1, 0, true",
    "1, 0, 0, true",
    "0, 0, 0, true",
    "0, 0, 1, false",
    "0, 1, 0, false",
    "0, 1, 1, false",
    "1, 0, 1, false"
  })
  void onlyFourWritableStatesExist(int host, int mmu, int writable, boolean exists) {
    for (SpteFormat format : new SpteFormat[] {EPT, EPT_WITHOUT_AD, NPT}) {
      long spte =
          format.leafBase(false)
              | host * format.hostWritableBit()
              | mmu * format.mmuWritableBit()
              | writable * SpteFormat.WRITABLE;
      if (exists) {
        assertThatCode(() -> format.checkWritable(spte)).doesNotThrowAnyException();
      } else {
        assertThatThrownBy(() -> format.checkWritable(spte))
            .isInstanceOf(IllegalStateException.class)
            .hasMessageContaining(Long.toHexString(spte));
      }
    }
  }

  @Test
  void theSoftwareBitsAreWhereTheSpecHasThem() {
    assertThat(NPT.hostWritableBit()).isEqualTo(1L << 9);
    assertThat(NPT.mmuWritableBit()).isEqualTo(1L << 10);
    assertThat(EPT.hostWritableBit()).isEqualTo(1L << 57);
    assertThat(EPT.mmuWritableBit()).isEqualTo(1L << 58);
    assertThat(SpteFormat.MMU_PRESENT).isEqualTo(1L << 11);
  }

  @Test
  void accessedAndDirtyAreWhereTheProcessorHasThem() {
    assertThat(NPT.accessedBit()).isEqualTo(1L << 5);
    assertThat(NPT.dirtyBit()).isEqualTo(1L << 6);
    assertThat(EPT.accessedBit()).isEqualTo(1L << 8);
    assertThat(EPT.dirtyBit()).isEqualTo(1L << 9);
  }

  @Test
  void markingAccessTrackedKeepsReadAndExecuteInBits54And56() {
    long spte = 0x0600_0000_0000_0807L | 1L << 52;
    assertThat(EPT_WITHOUT_AD.markAccessTracked(spte))
        .isEqualTo(0x0600_0000_0000_0800L | 1L << 52 | 1L << 54 | 1L << 56);
  }

  @Property
  void restoringUndoesMarkingButForW(@ForAll long bits) {
    // Any A/D-disabled leaf that is not access-tracked: the saved bits are clear in it.
    long spte = (bits | 1L << 52 | 1L << 11) & ~(1L << 53 | 5L << 54);
    long tracked = EPT_WITHOUT_AD.markAccessTracked(spte);
    assertThat(EPT_WITHOUT_AD.isProcessorPresent(tracked)).isFalse();
    assertThat(EPT_WITHOUT_AD.restoreAccessTracked(tracked)).isEqualTo(spte & ~SpteFormat.WRITABLE);
  }

  @Test
  void anAccessTrackedEntryIsNeitherAccessedNorDirty() {
    long spte = EPT_WITHOUT_AD.leafBase(false) | 7;
    assertThat(EPT_WITHOUT_AD.isAccessed(spte)).isTrue();
    assertThat(EPT_WITHOUT_AD.isDirty(spte)).isTrue();
    long tracked = EPT_WITHOUT_AD.markAccessTracked(spte);
    assertThat(EPT_WITHOUT_AD.isAccessed(tracked)).isFalse();
    assertThat(EPT_WITHOUT_AD.isDirty(tracked)).isFalse();
  }

  @Test
  void withAdBitsDirtyIsTheDBitWhateverWIs() {
    long leaf = EPT.leafBase(false);
    assertThat(EPT.isDirty(leaf | SpteFormat.WRITABLE)).isFalse();
    assertThat(EPT.isDirty(leaf | EPT.dirtyBit())).isTrue();
  }

  @Test
  void anEntryMarkedDisabledIsNotAdEnabledThoughTheFormatIs() {
    assertThat(EPT.isAdEnabled(EPT.leafBase(true))).isFalse();
    assertThat(EPT.isAdEnabled(EPT.leafBase(false))).isTrue();
  }

  @Test
  void entriesWithoutAdOrOfTheWriteProtectOnlyKindAreProtectedForTheLogByW() {
    assertThat(EPT.needsWriteProtectionForLog(EPT.leafBase(false))).isFalse();
    assertThat(EPT.needsWriteProtectionForLog(EPT.leafBase(true))).isTrue();
    assertThat(EPT.needsWriteProtectionForLog(EPT.leafBase(false) | 2L << 52)).isTrue();
    assertThat(EPT_WITHOUT_AD.needsWriteProtectionForLog(EPT_WITHOUT_AD.leafBase(false))).isTrue();
  }

  @Test
  void aLegacyEntryForbidsExecutionByBit63AndAnEptEntryByBit2() {
    assertThat(NPT.withExecute(0x867, false)).isEqualTo(0x867 | 1L << 63);
    assertThat(NPT.withExecute(0x867 | 1L << 63, true)).isEqualTo(0x867);
    assertThat(EPT.withExecute(0x807, false)).isEqualTo(0x803);
    assertThat(EPT.withExecute(0x803, true)).isEqualTo(0x807);
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void anAddressBeyondThePhysicalOnesIsReserved(MmuConfig config) {
    SpteFormat format = new SpteFormat(config.withPhysicalAddressBits(40));
    long leaf = format.leafBase(false);
    assertThatCode(() -> format.checkReserved(leaf | 1L << 39, 1)).doesNotThrowAnyException();
    assertThatThrownBy(() -> format.checkReserved(leaf | 1L << 40, 1))
        .isInstanceOf(IllegalStateException.class);
  }

  @ParameterizedTest
  @ValueSource(ints = {2, 3})
  void aLargePageMustBeAligned(int level) {
    int size = 12 + 9 * (level - 1);
    for (SpteFormat format : new SpteFormat[] {EPT, EPT_WITHOUT_AD, NPT}) {
      long large = format.leafBase(false) | SpteFormat.LARGE;
      assertThatCode(() -> format.checkReserved(large | 1L << size, level))
          .doesNotThrowAnyException();
      assertThatThrownBy(() -> format.checkReserved(large | 1L << size - 1, level))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @ValueSource(ints = {4, 5})
  void noPageIsLargerThanOneGigabyte(int level) {
    for (SpteFormat format : new SpteFormat[] {EPT, EPT_WITHOUT_AD, NPT}) {
      assertThatThrownBy(() -> format.checkReserved(format.table(0) | SpteFormat.LARGE, level))
          .isInstanceOf(IllegalStateException.class);
    }
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void tableEntriesHaveNoReservedBitsAtAnyLevel(MmuConfig config) {
    SpteFormat format = new SpteFormat(config);
    for (int level = 2; level <= 5; level++) {
      assertThat(format.table(0x1234) & format.reservedBits(format.table(0x1234), level)).isZero();
    }
  }
}
