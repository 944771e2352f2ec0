package dev.gnomon.cli.stress;

import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.RuleSwitch;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.spte.PfnDirty;
import java.util.List;
import java.util.Locale;

/**
 * A configuration, a guest and a host that together make a race likely; and the rules it is about.
 */
enum Scenario {
  RECLAIM_NOAD(
      "A/D off, pfn-dirty=on-clear: pages are aged, cleaned and taken away under writing vCPUs",
      List.of(Rules.VOLATILE, Rules.TDP_WRITE),
      1,
      new Pages(0x10_0000, 0x1000, 1),
      HostDrivers::cleanAndReclaim) {
    @Override
    MmuConfig configure(MmuConfig config) {
      return config.withAccessedDirty(false);
    }

    @Override
    Rules rules() {
      return Rules.DEFAULTS.with(Rules.PFN_DIRTY, PfnDirty.ON_CLEAR);
    }
  },
  LOG(
      "a consumer copies what the dirty log reports, A/D off, with aging in between",
      List.of(Rules.DIRTY_FLUSH),
      1,
      new Pages(0x10_0000, 0x1000, 2),
      HostDrivers::ageAndCopyByLog) {
    @Override
    MmuConfig configure(MmuConfig config) {
      return config.withAccessedDirty(false);
    }
  },
  LOG_LARGE(
      "2 MiB pages, split when written: a consumer copies what the dirty log reports",
      List.of(Rules.FAST_FAULT),
      2,
      new Pages(0x20_0000, 0x1000, 16),
      HostDrivers::copyByLog) {
    @Override
    MmuConfig configure(MmuConfig config) {
      return config.withEagerSplit(false);
    }

    @Override
    int hostPageLevel() {
      return 2;
    }
  },
  RECLAIM(
      "pages are taken away under vCPUs that fault on them",
      List.of(Rules.INVALIDATE_RETRY, Rules.ZAP_ORDER),
      1,
      new Pages(0x10_0000, 0x1000, 2),
      HostDrivers::reclaim) {
    @Override
    int longTurn() {
      return 500;
    }
  },
  FAST_RECLAIM(
      "A/D off: pages are aged and taken away under vCPUs that fix them without the lock",
      List.of(Rules.FAST_FAULT),
      1,
      new Pages(0x10_0000, 0x1000, 2),
      HostDrivers::ageAndReclaim) {
    @Override
    MmuConfig configure(MmuConfig config) {
      return config.withAccessedDirty(false);
    }
  },
  TABLES(
      "tables come and go under lockless walks, their frames become guest memory at once",
      List.of(Rules.LOCKLESS_WALK),
      1,
      new Pages(0x20_0000, 0x8000, 8),
      HostDrivers::recycleTables) {
    /** A walk must stand still while all tables go: thousands of steps. */
    @Override
    int longTurn() {
      return 10_000;
    }
  },
  TRACK(
      "A/D off: pages are aged, then write-tracked, under writing vCPUs",
      List.of(Rules.FLUSH_ON_UPDATE),
      2,
      new Pages(0x10_0000, 0x1000, 2),
      HostDrivers::trackWrites) {
    @Override
    MmuConfig configure(MmuConfig config) {
      return config.withAccessedDirty(false).withWriteTracking(true);
    }
  };

  private static final long MEMORY = 8L << 20;

  /** So small that hardly an access finds its translation, and faults come often. */
  private static final TlbConfig TINY_TLB = new TlbConfig(1, 1, 1, 1, 1, 1, 1);

  private final String description;
  private final List<RuleSwitch<?>> subjects;
  private final int vcpus;
  private final Pages pages;
  private final List<HostDriver> drivers;

  Scenario(
      String description,
      List<RuleSwitch<?>> subjects,
      int vcpus,
      Pages pages,
      HostDriver... drivers) {
    this.description = description;
    this.subjects = subjects;
    this.vcpus = vcpus;
    this.pages = pages;
    this.drivers = List.of(drivers);
  }

  /** The scenarios that concern a rule. */
  static List<Scenario> about(RuleSwitch<?> rule) {
    return List.of(values()).stream().filter(each -> each.subjects.contains(rule)).toList();
  }

  String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  String description() {
    return description;
  }

  List<RuleSwitch<?>> subjects() {
    return subjects;
  }

  Pages pages() {
    return pages;
  }

  /** What the host does, each on a CPU of its own. */
  List<HostDriver> drivers() {
    return drivers;
  }

  /** The rules that it needs, before a user's are applied. */
  Rules rules() {
    return Rules.DEFAULTS;
  }

  MmuConfig configure(MmuConfig config) {
    return config;
  }

  int hostPageLevel() {
    return 1;
  }

  /** For how many steps, now and then, one CPU goes on while the others stand still; 0: never. */
  int longTurn() {
    return 0;
  }

  /** Stale translations are the point of some scenarios; of the others, frequent faults. */
  TlbConfig tlb() {
    return this == LOG || this == LOG_LARGE || this == TRACK || this == RECLAIM
        ? TlbConfig.DEFAULT
        : TINY_TLB;
  }

  VmConfig vmConfig() {
    MmuConfig mmu = configure(MmuConfig.of(TdpKind.EPT, vcpus));
    return new VmConfig(mmu, MEMORY, hostPageLevel(), tlb());
  }
}
