package dev.gnomon.mmu.dirty;

import static org.assertj.core.api.Assertions.assertThat;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class DirtyFlushTest {

  @ParameterizedTest(name = "{0}, reaped {1}, changed {2}: under the lock {3}, before return {4}")
  @CsvSource({
    "UNDER_LOCK, true, true, true, false",
    "UNDER_LOCK, true, false, true, false",
    "UNDER_LOCK, false, false, false, false",
    "NEVER, true, true, false, false",
    "IF_SPTE_CHANGED, true, true, false, true",
    "IF_SPTE_CHANGED, true, false, false, false",
    "IF_REAPED, true, true, false, true",
    "IF_REAPED, true, false, false, true",
    "IF_REAPED, false, false, false, false"
  })
  void eachValueFlushesWhereAndWhenItSays(
      DirtyFlush rule, boolean reaped, boolean changed, boolean underLock, boolean beforeReturn) {
    assertThat(rule.flushesUnderLock(reaped, changed)).isEqualTo(underLock);
    assertThat(rule.flushesBeforeReturn(reaped, changed)).isEqualTo(beforeReturn);
  }
}
