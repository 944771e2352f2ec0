package dev.gnomon.checker.mutation;

import java.util.List;

/** The page-fault path and its fast path, and making and installing entries. */
final class FaultMutants {
  private static final String FAULTS = "mmu.fault.PageFaults";
  private static final String RESOLVER = "mmu.fault.HostResolver";
  private static final String FAST = "mmu.fault.FastPageFault";
  private static final String MAPPER = "mmu.tdp.TdpMapper";
  private static final String MAKER = "mmu.make.SpteMaker";

  private FaultMutants() {}

  static List<Mutant> all() {
    return List.of(
        Mutant.of(
                "sequence-read-late",
                "a fault reads the invalidations' sequence after it asked the host for the page",
                Fault.in(
                    RESOLVER,
                    "isStale",
                    Call.of("Invalidations.haveCovered").toStandIn("haveCoveredNow")))
            .violating("no-stale-translation", "no-write-lost", "structure")
            .foundBy("invalidate-retry"),
        Mutant.of(
                "fault-unlocked",
                "a slow fault maps without the MMU lock",
                Fault.in(FAULTS, "slow", Call.of("MmuLock.readLock").leftOut()),
                Fault.in(FAULTS, "slow", Call.of("MmuLock.readUnlock").leftOut()))
            .violating("no-stale-translation", "no-write-lost", "structure")
            .foundBy("invalidate-retry"),
        Mutant.of(
                "fault-outside-rcu",
                "a slow fault maps outside a read section",
                Fault.in(FAULTS, "slow", Call.of("ReadCopyUpdate.readLock").leftOut()),
                Fault.in(FAULTS, "slow", Call.of("ReadCopyUpdate.readUnlock").leftOut()))
            .violating("no-use-after-free")
            .foundBy("large-over-table"),
        Mutant.of(
                "invalid-root-mapped",
                "a fault does not ask under the lock whether its root is still valid",
                Fault.in(FAULTS, "slow", Call.of("TdpRoot.isInvalid").answering(0)))
            .violating("no-use-after-free", "structure")
            .foundBy("zap-all-fault"),
        Mutant.of(
                "invalid-slot-mapped",
                "a fault maps a slot that is about to go",
                Fault.in(RESOLVER, "resolve", Call.of("Memslot.isInvalid").answering(0)))
            .violating("no-stale-translation", "structure", "expectation")
            .foundBy("slot-delete"),
        Mutant.of(
                "fast-unmarked",
                "a fast fault that sets W does not mark the gfn",
                Fault.in(FAST, "fixEntry", Call.of("DirtyMarker.mark").leftOut()))
            .violating("no-write-lost", "structure")
            .foundBy("log-fast-fault"),
        Mutant.of(
                "fast-marks-first",
                "a fast fault marks the gfn before it sets W, not after",
                Fault.in(
                    FAST,
                    "fixEntry",
                    Call.of("FastPageFault.install")
                        .after(
                            Snippet.call(
                                "mmu.dirty.DirtyMarker",
                                "mark",
                                "({mmu.platform.Cpu}{mmu.slot.Memslot}J)V",
                                Snippet.field(FAST, "marker", "mmu.dirty.DirtyMarker"),
                                Snippet.reference(1),
                                Snippet.call(
                                    "mmu.slot.MemslotArray",
                                    "find",
                                    "(J){mmu.slot.Memslot}",
                                    Snippet.reference(2),
                                    Snippet.word(3)),
                                Snippet.word(3)))),
                Fault.in(FAST, "fixEntry", Call.of("DirtyMarker.mark").at(1).leftOut()))
            .violating("no-write-lost", "structure")
            .foundBy("log-fast-fault"),
        Mutant.of(
                "fast-without-leave",
                "a fast fault sets W where MMU-writable is clear",
                Fault.in(FAST, "fixEntry", Call.of("SpteFormat.isMmuWritable").answering(1)))
            .violating("write-tracking", "structure")
            .foundBy("track-fast-fault"),
        Mutant.of(
                "install-store",
                "under the read lock an entry is installed by a plain store",
                Fault.in(
                    "mmu.make.SpteWriter",
                    "tryReplace",
                    Call.of("PhysicalMemory.compareAndExchangeLong").toStandIn("setAnyway")))
            .violating("no-stale-translation", "no-write-lost", "structure")
            .foundBy("two-faults"),
        Mutant.of(
                "install-compare-then-store",
                "under the read lock an entry is compared, then stored",
                Fault.in(
                    "mmu.make.SpteWriter",
                    "tryReplace",
                    Call.of("PhysicalMemory.compareAndExchangeLong").toStandIn("compareThenSet")))
            .violating("no-stale-translation", "no-write-lost", "structure")
            .foundBy("two-faults"),
        Mutant.of(
                "loser-keeps-table",
                "who loses the race to link a table does not take it back",
                Fault.in(MAPPER, "link", Call.of("TdpTables.discard").leftOut()))
            .violating("structure")
            .foundBy("two-tables"),
        Mutant.of(
                "made-dirty-untold",
                "a writable entry is made and the host's page not marked dirty",
                Fault.in(MAKER, "leaf", Call.of("HostPages.markDirty").leftOut()))
            .violating("no-write-lost")
            .foundBy("zap-order"),
        Mutant.of(
                "made-unmarked",
                "a writable entry of a logged slot is made and its gfn not marked",
                Fault.in(MAKER, "leaf", Call.of("DirtyMarker.mark").leftOut()))
            .violating("no-write-lost", "structure")
            .foundBy("log-switched-on"),
        Mutant.of(
                "large-over-tables-no-flush",
                "a large leaf takes the place of a table without a flush",
                Fault.in(MAPPER, "install", Call.of("TlbFlusher.flushRange").leftOut()))
            .violating("no-use-after-free")
            .foundBy("large-over-table"),
        Mutant.of(
                "large-in-logged-slot",
                "a fault maps a large page in a logged slot, and writable",
                Fault.in(
                    "mmu.table.Mapping",
                    "chooseLevel",
                    Call.of("Memslot.isDirtyLogged").answering(0)),
                Fault.in(MAKER, "leaf", Call.of("Memslot.isDirtyLogged").answering(0)))
            .violating("no-write-lost", "structure", "progress", "expectation")
            .foundBy("fast-fault-large"));
  }
}
