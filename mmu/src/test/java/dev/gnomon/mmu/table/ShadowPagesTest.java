package dev.gnomon.mmu.table;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.WordSynchronization;
import dev.gnomon.mmu.testing.TestPlatform;
import org.junit.jupiter.api.Test;

class ShadowPagesTest {
  private final TestPlatform platform = new TestPlatform(1);
  private final Cpu cpu = platform.cpu(0);
  private final Statistics statistics = new Statistics(1);
  private final ShadowPages pages = new ShadowPages(new WordSynchronization(platform), statistics);

  private ShadowPage add(long pfn) {
    ShadowPage page = new ShadowPage(pfn, 0, Role.direct(1, false));
    pages.add(cpu, page);
    return page;
  }

  @Test
  void aPageIsFoundByItsFrame() {
    ShadowPage page = add(7);
    assertThat(pages.find(cpu, 7)).isSameAs(page);
    assertThat(pages.find(cpu, 8)).isNull();
  }

  @Test
  void aRemovedPageIsNotFound() {
    ShadowPage page = add(7);
    assertThat(pages.remove(cpu, 7)).isSameAs(page);
    assertThat(pages.find(cpu, 7)).isNull();
  }

  @Test
  void theGaugeFollows() {
    add(7);
    add(8);
    pages.remove(cpu, 7);
    assertThat(statistics.sum(Stat.MMU_PAGE_TABLES)).isEqualTo(1);
    assertThat(pages.size(cpu)).isEqualTo(1);
  }

  @Test
  void twoPagesInOneFrameFailLoudly() {
    add(7);
    assertThatThrownBy(() -> add(7)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void removingWhatIsNotThereFailsLoudly() {
    assertThatThrownBy(() -> pages.remove(cpu, 7)).isInstanceOf(IllegalStateException.class);
  }

  @Test
  void nxSplitsComeOldestFirstAndGoWithTheirPage() {
    ShadowPage first = add(9);
    ShadowPage second = add(3);
    ShadowPage third = add(5);
    pages.setNxDisallowed(cpu, first);
    pages.setNxDisallowed(cpu, second);
    pages.setNxDisallowed(cpu, third);
    pages.remove(cpu, 3);
    assertThat(pages.oldestNxDisallowed(cpu, 1)).containsExactly(first);
    assertThat(pages.oldestNxDisallowed(cpu, 5)).containsExactly(first, third);
    assertThat(pages.isNxDisallowed(cpu, 9)).isTrue();
    assertThat(pages.isNxDisallowed(cpu, 3)).isFalse();
  }
}
