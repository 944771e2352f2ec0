package dev.gnomon.mmu.root;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.MmuPage;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.Role;

/**
 * Each special root has shadow pages of its own, local ones, from when it is loaded until it is
 * dropped. So there is a page behind every root that translates anything, and what is zapped below
 * is unlinked from it like from any parent.
 */
final class LocalTables implements SpecialRootTables {
  private static final int LEVELS = 6;

  private final ShadowMmu shadow;
  private final Frames frames;
  private final PhysicalMemory memory;
  private final SpteFormat format;

  /** Frames for the next root, by level, from 3; 0 where there is none. */
  private final long[] spare = new long[LEVELS];

  LocalTables(ShadowMmu shadow, Foundation base) {
    this.shadow = shadow;
    frames = base.platform().frames();
    memory = base.platform().memory();
    format = base.format();
  }

  @Override
  public void prepare(Cpu cpu, RootShape shape) {
    for (int level = PageLevel.LEVEL_1G; level <= shape.level(); level++) {
      if (spare[level] == 0) {
        spare[level] =
            level == PageLevel.LEVEL_1G ? frames.allocateBelow4G(cpu) : frames.allocate(cpu);
      }
      memory.fill(spare[level], shape.isPae() ? 0 : format.nonPresent());
    }
  }

  @Override
  public ShadowRoot make(Cpu cpu, TableSource source, RootShape shape) {
    int role = source.rootRole();
    MmuPage top =
        shadow.makeLocal(
            cpu,
            take(PageLevel.LEVEL_1G),
            Role.atLevel(role, PageLevel.LEVEL_1G),
            shape.isPae() ? MmuPage.Kind.LOCAL_PAE : MmuPage.Kind.LOCAL);
    for (int i = 0; i < ShadowRoot.QUARTERS; i++) {
      Quarter quarter = Quarter.of(source, shadow, i);
      if (quarter.isThere()) {
        shadow.linkLocal(cpu, source.guest(), top, i, quarter.gfn(), quarter.role());
      }
    }
    for (int level = PageLevel.LEVEL_1G + 1; level <= shape.level(); level++) {
      MmuPage above =
          shadow.makeLocal(cpu, take(level), Role.atLevel(role, level), MmuPage.Kind.LOCAL);
      shadow.linkLocal(cpu, above, top);
      top = above;
    }
    return ShadowRoot.of(source.pgd(), role, top);
  }

  private long take(int level) {
    long pfn = spare[level];
    spare[level] = 0;
    return pfn;
  }

  @Override
  public boolean isKept() {
    return false;
  }

  @Override
  public boolean verifiesPdptes() {
    return true;
  }

  @Override
  public void close(Cpu cpu) {
    for (int level = 0; level < LEVELS; level++) {
      if (spare[level] != 0) {
        frames.free(cpu, spare[level]);
        spare[level] = 0;
      }
    }
  }
}
