package dev.gnomon.mmu.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.testing.TestPlatform;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

/** The table of pages against a map of the library's. */
class PageMapPropertyTest {
  private static final int ROLE = 0x104;

  private final PageMap map = new PageMap();
  private final Map<Long, MmuPage> model = new HashMap<>();

  private static MmuPage page(long key) {
    return new MmuPage(key, key, ROLE, 0, new TestPlatform(1).newWords(2), 0, MmuPage.Kind.SHARED);
  }

  /** A step is a key, and in a third of all cases its removal. */
  @Property(tries = 300)
  void itHoldsWhatWasPutAndNotRemoved(
      @ForAll @Size(max = 250) List<@IntRange(min = 0, max = 269) Integer> steps) {
    for (int step : steps) {
      long key = step % 90 * 0x1_0001L;
      if (step >= 180) {
        assertThat(map.remove(key)).isSameAs(model.remove(key));
      } else {
        MmuPage page = page(key);
        assertThat(map.put(key, page)).isSameAs(model.put(key, page));
      }
    }
    assertThat(map.size()).isEqualTo(model.size());
    assertThat(map.values()).containsExactlyInAnyOrderElementsOf(model.values());
    for (long key = 0; key < 90; key++) {
      assertThat(map.get(key * 0x1_0001L)).isSameAs(model.get(key * 0x1_0001L));
    }
  }
}
