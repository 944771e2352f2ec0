package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.root.SpecialRoots;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/**
 * A configuration of the MMU under which guests run.
 *
 * @param name how users call it
 * @param mmu the MMU
 * @param hostPageLevel the largest pages that the host gives: 1 or 2
 * @param rules what is done where there is a choice
 */
public record FuzzConfig(String name, MmuConfig mmu, int hostPageLevel, Rules rules) {
  private static final int ADDRESS_BITS = 40;
  private static final int FEW_PAGES = 24;

  /** All that there are. */
  public static List<FuzzConfig> all() {
    List<FuzzConfig> all = new ArrayList<>();
    addTwoDimensional(all);
    addLegacy(all);
    addShadow(all);
    addNested(all);
    return all;
  }

  private static void addNested(List<FuzzConfig> all) {
    MmuConfig npt = of(TdpKind.NPT).withNested(true);
    MmuConfig ept = of(TdpKind.EPT).withNested(true);
    all.add(small("npt-nested", npt));
    all.add(large("npt-5level-nested", npt.withLevels(5)));
    all.add(withLocalRoots(small("npt-local-nested", npt)));
    all.add(small("npt-legacy-nested", npt.withMmu(MmuKind.LEGACY_TDP)));
    MmuConfig half = npt.withMmu(MmuKind.LEGACY_TDP).withHostBits(32);
    all.add(small("npt-legacy-32-nested", half));
    all.add(withLocalRoots(small("npt-legacy-32-local-nested", half)));
    all.add(large("ept-nested", ept));
    all.add(small("ept-noad-nested", ring(ept.withAccessedDirty(false))));
    all.add(small("ept-pml-nested", ept.withDirtyLog(DirtyLogKind.PML)));
    all.add(small("shadow-nested", npt.withMmu(MmuKind.SHADOW)));
    all.add(small("shadow-32-nested", npt.withMmu(MmuKind.SHADOW).withHostBits(32)));
  }

  private static void addTwoDimensional(List<FuzzConfig> all) {
    MmuConfig npt = of(TdpKind.NPT);
    MmuConfig ept = of(TdpKind.EPT);
    all.add(small("npt", npt));
    all.add(large("npt-2m", npt));
    all.add(small("npt-ring", ring(npt)));
    all.add(large("npt-manual", npt.withManualProtect(true, true)));
    all.add(small("npt-5level", npt.withLevels(5)));
    all.add(small("ept", ept));
    all.add(large("ept-2m", ept.withNxHugePages(true)));
    all.add(small("ept-noad", ept.withAccessedDirty(false)));
    all.add(large("ept-noad-ring", ring(ept.withAccessedDirty(false).withEagerSplit(false))));
    all.add(large("ept-pml", ept.withDirtyLog(DirtyLogKind.PML)));
    all.add(
        small("ept-pml-manual", ept.withDirtyLog(DirtyLogKind.PML).withManualProtect(true, false)));
  }

  private static void addLegacy(List<FuzzConfig> all) {
    MmuConfig npt = of(TdpKind.NPT).withMmu(MmuKind.LEGACY_TDP);
    MmuConfig ept = of(TdpKind.EPT).withMmu(MmuKind.LEGACY_TDP);
    all.add(small("npt-legacy", npt));
    all.add(large("npt-legacy-2m", npt.withManualProtect(true, false)));
    all.add(small("npt-legacy-32", npt.withHostBits(32)));
    all.add(small("ept-legacy-noad", ring(ept.withAccessedDirty(false))));
    all.add(large("ept-legacy-pml", ept.withDirtyLog(DirtyLogKind.PML)));
  }

  private static void addShadow(List<FuzzConfig> all) {
    MmuConfig shadow = of(TdpKind.NPT).withMmu(MmuKind.SHADOW);
    all.add(small("shadow", shadow));
    all.add(large("shadow-2m", shadow));
    all.add(small("shadow-5level", shadow.withLevels(5)));
    all.add(small("shadow-few", shadow.withShadowPages(FEW_PAGES)));
    all.add(small("shadow-32", shadow.withHostBits(32)));
    all.add(small("shadow-ring", ring(shadow)));
    all.add(large("shadow-manual", shadow.withManualProtect(true, true)));
    all.add(small("shadow-plain", shadow.withUnsync(false).withPreviousRoots(0)));
    all.add(withLocalRoots(small("shadow-local", shadow)));
    all.add(withLocalRoots(small("shadow-32-local", shadow.withHostBits(32))));
  }

  private static FuzzConfig withLocalRoots(FuzzConfig config) {
    Rules rules = config.rules.with(Rules.SPECIAL_ROOTS, SpecialRoots.LOCAL);
    return new FuzzConfig(config.name, config.mmu, config.hostPageLevel, rules);
  }

  private static FuzzConfig small(String name, MmuConfig mmu) {
    return new FuzzConfig(name, mmu, PageLevel.LEVEL_4K, Rules.DEFAULTS);
  }

  private static FuzzConfig large(String name, MmuConfig mmu) {
    return new FuzzConfig(name, mmu, PageLevel.LEVEL_2M, Rules.DEFAULTS);
  }

  private static MmuConfig of(TdpKind kind) {
    return MmuConfig.of(kind, FuzzVm.VCPUS)
        .withPhysicalAddressBits(ADDRESS_BITS)
        .withWriteTracking(true);
  }

  private static MmuConfig ring(MmuConfig mmu) {
    return mmu.withDirtyLog(DirtyLogKind.RING).withRingEntries(MmuConfig.MINIMUM_RING_ENTRIES);
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
