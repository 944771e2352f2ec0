package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A configuration of the MMU under which guests run.
 *
 * @param name how users call it
 * @param mmu the MMU, for one vCPU
 * @param hostPageLevel the largest pages that the host gives: 1 or 2
 */
public record FuzzConfig(String name, MmuConfig mmu, int hostPageLevel) {
  private static final int ADDRESS_BITS = 40;
  private static final int FEW_PAGES = 24;

  /** All that there are. */
  public static List<FuzzConfig> all() {
    MmuConfig npt = of(TdpKind.NPT);
    MmuConfig ept = of(TdpKind.EPT);
    MmuConfig shadow = npt.withMmu(MmuKind.SHADOW);
    List<FuzzConfig> all = new ArrayList<>();
    all.add(new FuzzConfig("npt", npt, PageLevel.LEVEL_4K));
    all.add(new FuzzConfig("npt-2m", npt, PageLevel.LEVEL_2M));
    all.add(new FuzzConfig("ept", ept, PageLevel.LEVEL_4K));
    all.add(new FuzzConfig("ept-2m", ept.withNxHugePages(true), PageLevel.LEVEL_2M));
    all.add(new FuzzConfig("ept-noad", ept.withAccessedDirty(false), PageLevel.LEVEL_4K));
    all.add(new FuzzConfig("ept-pml", ept.withDirtyLog(DirtyLogKind.PML), PageLevel.LEVEL_2M));
    all.add(new FuzzConfig("npt-legacy", npt.withMmu(MmuKind.LEGACY_TDP), PageLevel.LEVEL_4K));
    all.add(new FuzzConfig("npt-legacy-2m", npt.withMmu(MmuKind.LEGACY_TDP), PageLevel.LEVEL_2M));
    all.add(
        new FuzzConfig(
            "npt-legacy-32", npt.withMmu(MmuKind.LEGACY_TDP).withHostBits(32), PageLevel.LEVEL_4K));
    all.add(new FuzzConfig("shadow", shadow, PageLevel.LEVEL_4K));
    all.add(new FuzzConfig("shadow-2m", shadow, PageLevel.LEVEL_2M));
    all.add(new FuzzConfig("shadow-5level", shadow.withLevels(5), PageLevel.LEVEL_4K));
    all.add(new FuzzConfig("shadow-few", shadow.withShadowPages(FEW_PAGES), PageLevel.LEVEL_4K));
    all.add(new FuzzConfig("shadow-32", shadow.withHostBits(32), PageLevel.LEVEL_4K));
    return all;
  }

  private static MmuConfig of(TdpKind kind) {
    return MmuConfig.of(kind, 1).withPhysicalAddressBits(ADDRESS_BITS).withWriteTracking(true);
  }

  /** The configuration of a name. */
  public static Optional<FuzzConfig> find(String name) {
    return all().stream().filter(each -> each.name.equals(name)).findFirst();
  }

  /** Whether the guest's tables are shadowed. */
  boolean isShadow() {
    return mmu.mmu() == MmuKind.SHADOW;
  }

  /** The guest's MAXPHYADDR: what tables of three levels translate, or one of two. */
  int guestAddressBits(boolean isShort) {
    boolean isThreeLevel = mmu.mmu() == MmuKind.LEGACY_TDP && mmu.hostBits() == 32;
    return isThreeLevel ? 32 : isShort ? 36 : ADDRESS_BITS;
  }

  /** Whether a guest can page so. */
  boolean allows(PagingMode mode) {
    return switch (mode) {
      case NONE, BITS_32, PAE -> true;
      case LEVEL_4 -> mmu.hostBits() == 64;
      case LEVEL_5 -> mmu.hostBits() == 64 && (!isShadow() || mmu.levels() == 5);
    };
  }
}
