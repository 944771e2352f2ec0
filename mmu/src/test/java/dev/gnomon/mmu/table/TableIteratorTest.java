package dev.gnomon.mmu.table;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestPlatform;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.LongRange;
import net.jqwik.api.constraints.NotEmpty;
import net.jqwik.api.constraints.Size;
import org.junit.jupiter.api.Test;

class TableIteratorTest {
  private int entries;
  private static final SpteFormat FORMAT = new SpteFormat(Configs.npt());

  /** A visit of one entry. */
  private record Visit(int level, long gfn, long sptep, long spte) {}

  private final TestPlatform platform = new TestPlatform(1);
  private final Cpu cpu = platform.cpu(0);

  private long newTable() {
    long pfn = platform.frames().allocate(cpu);
    platform.memory().fill(pfn, SpteFormat.NON_PRESENT);
    return pfn;
  }

  private long entry(long table, long gfn, int level) {
    return table << 12 | (gfn >>> 9 * (level - 1) & 511) << 3;
  }

  /** Tables down to the level, and a leaf there; a larger leaf on the way stays. */
  private void map(long root, int rootLevel, long gfn, int leafLevel) {
    long table = root;
    for (int level = rootLevel; ; level--) {
      long at = entry(table, gfn, level);
      long spte = platform.memory().getLong(at);
      if (level == leafLevel) {
        if (!SpteFormat.isShadowPresent(spte)) {
          long large = level > 1 ? SpteFormat.LARGE : 0;
          platform.memory().setLong(at, FORMAT.leafBase(false) | large);
        }
        return;
      }
      if (SpteFormat.isPresentLeaf(spte, level)) {
        return;
      }
      if (!SpteFormat.isShadowPresent(spte)) {
        spte = FORMAT.table(newTable());
        platform.memory().setLong(at, spte);
      }
      table = SpteFormat.pfn(spte);
    }
  }

  /** By recursion: every entry whose range meets [first, end), parents before children. */
  private void enumerate(
      List<Visit> into, long table, int level, long base, long first, long end, int lowest) {
    long size = 1L << 9 * (level - 1);
    for (int i = 0; i < entries; i++) {
      long gfn = base + i * size;
      if (gfn + size <= first || gfn >= end) {
        continue;
      }
      long at = table << 12 | (long) i << 3;
      long spte = platform.memory().getLong(at);
      into.add(new Visit(level, gfn, at, spte));
      if (level > lowest && SpteFormat.isTable(spte, level)) {
        enumerate(into, SpteFormat.pfn(spte), level - 1, gfn, first, end, lowest);
      }
    }
  }

  private static List<Visit> walk(
      TableIterator it, ShadowPage root, long first, long end, int lowest) {
    List<Visit> visits = new ArrayList<>();
    for (boolean more = it.start(root, first, end, lowest); more; more = it.next()) {
      visits.add(new Visit(it.level(), it.baseGfn(), it.sptep(), it.spte()));
    }
    return visits;
  }

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void itVisitsWhatARecursionVisits(
      @ForAll @IntRange(min = 4, max = 5) int rootLevel,
      @ForAll @NotEmpty @Size(max = 8) List<@LongRange(max = 3000) Long> gfns,
      @ForAll @LongRange(max = 3000) long first,
      @ForAll @LongRange(max = 1500) long length,
      @ForAll @IntRange(min = 1, max = 4) int lowest,
      @ForAll boolean usesAll) {
    entries = usesAll ? 512 : 8;
    ShadowPage root = new ShadowPage(newTable(), 0, Role.direct(rootLevel, false));
    for (long gfn : gfns) {
      // Some far from the others, some large.
      map(root.pfn(), rootLevel, gfn % 3 == 0 ? gfn << 16 : gfn, gfn % 5 == 0 ? 2 : 1);
    }
    List<Visit> expected = new ArrayList<>();
    if (length > 0) {
      enumerate(expected, root.pfn(), rootLevel, 0, first, first + length, lowest);
    }
    TableIterator it = new TableIterator(platform.memory(), entries);
    assertThat(walk(it, root, first, first + length, lowest)).isEqualTo(expected);
  }

  @Test
  void theRangeIsCutToWhatTheRootCovers() {
    ShadowPage root = new ShadowPage(newTable(), 0, Role.direct(4, false));
    TableIterator it = new TableIterator(platform.memory(), 512);
    assertThat(walk(it, root, 0, Long.MAX_VALUE, 1)).hasSize(512);
    assertThat(it.start(root, 1L << 36, 1L << 37, 1)).isFalse();
  }

  @Test
  void aClearedTableIsNotEnteredOnceTheEntryIsReread() {
    ShadowPage root = new ShadowPage(newTable(), 0, Role.direct(4, false));
    map(root.pfn(), 4, 5, 1);
    TableIterator it = new TableIterator(platform.memory(), 512);
    it.start(root, 0, 10, 1);
    platform.memory().setLong(it.sptep(), SpteFormat.NON_PRESENT);
    it.reread();
    assertThat(it.next()).isFalse();
  }

  @Test
  void aRestartComesBackToTheSameEntryThroughThoseAboveIt() {
    ShadowPage root = new ShadowPage(newTable(), 0, Role.direct(4, false));
    map(root.pfn(), 4, 5, 1);
    TableIterator it = new TableIterator(platform.memory(), 512);
    it.start(root, 0, 10, 1);
    while (it.level() > 1 || it.gfn() < 5) {
      it.next();
    }
    it.restart();
    assertThat(it.level()).isEqualTo(4);
    it.next();
    it.next();
    it.next();
    assertThat(it.level()).isEqualTo(1);
    assertThat(it.gfn()).isEqualTo(5);
  }

  @Test
  void anEntryIsCoveredOnlyIfTheRangeHoldsAllOfIt() {
    ShadowPage root = new ShadowPage(newTable(), 0, Role.direct(4, false));
    map(root.pfn(), 4, 512, 2);
    TableIterator it = new TableIterator(platform.memory(), 512);
    it.start(root, 1, 1024, 2);
    while (it.level() > 2) {
      it.next();
    }
    assertThat(it.coversEntry()).isFalse();
    it.next();
    assertThat(it.gfn()).isEqualTo(512);
    assertThat(it.coversEntry()).isTrue();
  }
}
