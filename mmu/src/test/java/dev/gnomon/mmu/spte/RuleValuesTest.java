package dev.gnomon.mmu.spte;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.testing.Configs;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;

/** The rules about values that are smaller than {@link VolatilityTest}'s. */
class RuleValuesTest {

  /** From, to: 0 neither, 1 MMU-writable only, 2 both. */
  @ParameterizedTest(name = "from {0} to {1}")
  @CsvSource({
    "2, 2, false, false, false",
    "2, 1, true, true, false",
    "2, 0, true, true, true",
    "1, 2, false, false, false",
    "1, 1, false, true, false",
    "1, 0, false, true, true",
    "0, 2, false, false, false",
    "0, 1, false, false, false",
    "0, 0, false, false, false"
  })
  void anUpdateIsFlushedAsItsRuleSays(
      int from, int to, boolean writableCleared, boolean toReadonly, boolean mmuWritableCleared) {
    for (MmuConfig config : Configs.formats().toList()) {
      SpteFormat format = new SpteFormat(config);
      long old = leaf(format, from);
      long updated = leaf(format, to);
      assertThat(FlushOnUpdate.WRITABLE_CLEARED.needsFlush(format, old, updated))
          .isEqualTo(writableCleared);
      assertThat(FlushOnUpdate.TO_READONLY.needsFlush(format, old, updated)).isEqualTo(toReadonly);
      assertThat(FlushOnUpdate.MMU_WRITABLE_CLEARED.needsFlush(format, old, updated))
          .isEqualTo(mmuWritableCleared);
    }
  }

  private static long leaf(SpteFormat format, int writability) {
    return format.leafBase(false)
        | format.readBits(true)
        | format.hostWritableBit()
        | (writability > 0 ? format.mmuWritableBit() : 0)
        | (writability > 1 ? SpteFormat.WRITABLE : 0);
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.mmu.testing.Configs#formats")
  void clearingAccessedOrDirtyAsksForNoFlush(MmuConfig config) {
    SpteFormat format = new SpteFormat(config);
    long old = leaf(format, 2) | format.accessedBit() | format.dirtyBit();
    for (FlushOnUpdate rule : FlushOnUpdate.values()) {
      assertThat(rule.needsFlush(format, old, leaf(format, 2))).as("%s", rule).isFalse();
    }
  }

  @Test
  void dirtIsReportedAtOneEndOfAnEntrysLifeAndNotAtBoth() {
    assertThat(PfnDirty.ON_CLEAR.reportsOnClear()).isTrue();
    assertThat(PfnDirty.ON_CLEAR.reportsAtCreation()).isFalse();
    assertThat(PfnDirty.AT_CREATION.reportsOnClear()).isFalse();
    assertThat(PfnDirty.AT_CREATION.reportsAtCreation()).isTrue();
  }

  @ParameterizedTest
  @CsvSource({
    "PLAIN, false, false",
    "EXCHANGE_IF_VOLATILE, false, true",
    "EXCHANGE_ALWAYS, true, true"
  })
  void aLeafIsExchangedAsItsRuleSays(TdpWrite rule, boolean ifStable, boolean ifVolatile) {
    assertThat(rule.isExchanged(false)).isEqualTo(ifStable);
    assertThat(rule.isExchanged(true)).isEqualTo(ifVolatile);
  }
}
