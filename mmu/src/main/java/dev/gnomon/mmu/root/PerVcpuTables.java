package dev.gnomon.mmu.root;

import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.MmuPage;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import org.jspecify.annotations.Nullable;

/**
 * Tables that belong to the vCPU, not to a translation: one of four entries (KVM's {@code
 * pae_root}), and above it as many with one entry as the processor wants levels. The next root
 * overwrites the last.
 *
 * <p>The processor's PAE paging knows only P in a PDPTE, and its CR3 has 32 bits. As a table of
 * level 3 under others, the same four entries need W and U too.
 */
final class PerVcpuTables implements SpecialRootTables {
  private static final long PDPTE = GuestEntry.PRESENT;
  private static final long TABLE =
      GuestEntry.PRESENT | GuestEntry.WRITABLE | GuestEntry.USER | GuestEntry.ACCESSED;
  private static final int LEVELS = 6;

  private final ShadowMmu shadow;
  private final Frames frames;
  private final PhysicalMemory memory;
  private final boolean isKept;

  /** By level, from 3; 0 where there is none. */
  private final long[] tables = new long[LEVELS];

  PerVcpuTables(ShadowMmu shadow, Foundation base, boolean isKept) {
    this.shadow = shadow;
    frames = base.platform().frames();
    memory = base.platform().memory();
    this.isKept = isKept;
  }

  @Override
  public void prepare(Cpu cpu, RootShape shape) {
    for (int level = PageLevel.LEVEL_1G; level <= shape.level(); level++) {
      if (tables[level] == 0) {
        long pfn = level == PageLevel.LEVEL_1G ? frames.allocateBelow4G(cpu) : frames.allocate(cpu);
        memory.fill(pfn, 0);
        tables[level] = pfn;
      }
    }
  }

  @Override
  public ShadowRoot make(Cpu cpu, TableSource source, RootShape shape) {
    long four = PhysicalMemory.hpa(tables[PageLevel.LEVEL_1G]);
    long bits = shape.isPae() ? PDPTE : TABLE;
    @Nullable MmuPage[] quarters = new MmuPage[ShadowRoot.QUARTERS];
    for (int i = 0; i < quarters.length; i++) {
      Quarter quarter = Quarter.of(source, shadow, i);
      long entry = 0;
      if (quarter.isThere()) {
        MmuPage page = shadow.acquireRoot(cpu, source.guest(), quarter.gfn(), quarter.role());
        quarters[i] = page;
        entry = page.sptep(0) | bits;
      }
      memory.setLong(four + 8L * i, entry);
    }
    for (int level = PageLevel.LEVEL_1G + 1; level <= shape.level(); level++) {
      long below = PhysicalMemory.hpa(tables[level - 1]);
      memory.setLong(PhysicalMemory.hpa(tables[level]), below | TABLE);
    }
    long top = PhysicalMemory.hpa(tables[shape.level()]);
    return ShadowRoot.ofQuarters(source.pgd(), source.rootRole(), top, quarters);
  }

  @Override
  public boolean isKept() {
    return isKept;
  }

  @Override
  public boolean verifiesPdptes() {
    return false;
  }

  @Override
  public void close(Cpu cpu) {
    for (int level = 0; level < LEVELS; level++) {
      if (tables[level] != 0) {
        frames.free(cpu, tables[level]);
        tables[level] = 0;
      }
    }
  }
}
