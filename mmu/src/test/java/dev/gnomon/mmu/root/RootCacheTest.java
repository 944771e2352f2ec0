package dev.gnomon.mmu.root;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.shadow.ShadowRoot;
import org.junit.jupiter.api.Test;

/** The order in which roots are kept, and what is never kept. */
class RootCacheTest {
  private static final int ROLE = 0x3704;

  private final RootCache cache = new RootCache(RootCache.PREVIOUS, ShadowRoot::isOrdinary);

  /** A root of four entries that point nowhere. */
  private static ShadowRoot pae(long pgd) {
    return ShadowRoot.dummy(pgd, 0x3703, 0x1000);
  }

  @Test
  void aRootOfFourEntriesIsNeverFoundAgain() {
    cache.setCurrent(pae(0x2000));
    assertThat(cache.find(0x2000, 0x3703)).isFalse();
  }

  @Test
  void nothingIsFoundInAnEmptyCache() {
    assertThat(cache.find(0x1000, ROLE)).isFalse();
    assertThat(cache.current()).isNull();
  }

  @Test
  void onAMissTheLeastRecentIsInTheCurrentsPlace() {
    ShadowRoot first = pae(1);
    cache.setCurrent(first);
    for (int pgd = 2; pgd <= RootCache.PREVIOUS + 1; pgd++) {
      assertThat(cache.find(pgd, ROLE)).isFalse();
      assertThat(cache.takeCurrent()).isNull();
      cache.setCurrent(pae(pgd));
    }
    assertThat(cache.find(99, ROLE)).isFalse();
    assertThat(cache.takeCurrent()).isSameAs(first);
    assertThat(cache.previous(0).pgd()).isEqualTo(4);
    assertThat(cache.previous(1).pgd()).isEqualTo(3);
    assertThat(cache.previous(2).pgd()).isEqualTo(2);
  }

  @Test
  void aCacheThatKeepsNoRootGivesTheCurrentOneBackAtOnce() {
    RootCache off = new RootCache(0, ShadowRoot::isOrdinary);
    ShadowRoot only = pae(1);
    off.setCurrent(only);
    assertThat(off.find(2, ROLE)).isFalse();
    assertThat(off.takeCurrent()).isSameAs(only);
    assertThat(off.previous(0)).isNull();
  }
}
