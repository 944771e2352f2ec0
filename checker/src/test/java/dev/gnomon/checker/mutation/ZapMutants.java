package dev.gnomon.checker.mutation;

import dev.gnomon.mmu.spte.SpteFormat;
import java.util.List;

/** Taking mappings away: notifier, zapper, roots, the life of tables. */
final class ZapMutants {
  private static final String NOTIFIER = "mmu.notify.MmuNotifier";
  private static final String ZAPPER = "mmu.tdp.TdpZapper";
  private static final String TABLES = "mmu.tdp.TdpTables";
  private static final String ROOTS = "mmu.tdp.TdpRoots";

  private ZapMutants() {}

  static List<Mutant> all() {
    return List.of(
        Mutant.of(
                "zap-no-flush",
                "the notifier returns without a flush",
                Fault.in(NOTIFIER, "invalidateStart", Call.of("TlbFlusher.flushAll").leftOut()))
            .violating("no-stale-translation", "no-write-lost")
            .foundBy("zap-order"),
        Mutant.of(
                "flush-no-wait",
                "a flush sets the requests and does not wait for the vCPUs",
                Fault.in(
                    "mmu.tlb.TlbFlusher",
                    "flushAll",
                    Call.of("Rendezvous.requestAllAndWait").toStandIn("requestAll")))
            .violating("no-stale-translation", "no-write-lost")
            .foundBy("zap-order"),
        Mutant.of(
                "flush-only-running",
                "a flush leaves out vCPUs that are not in guest mode",
                Fault.in(
                    "mmu.tlb.TlbFlusher",
                    "flushAll",
                    Call.of("Rendezvous.requestAllAndWait").toStandIn("waitThenRequest")))
            .violating("no-stale-translation", "no-write-lost")
            .foundBy("zap-order"),
        Mutant.of(
                "zap-dirt-dropped",
                "a zapped leaf hands over neither A nor D (pfn-dirty=on-clear)",
                Fault.in(TABLES, "changed", Call.of("TdpTables.reportLost").leftOut()))
            .violating("no-write-lost")
            .foundBy("age-accessed"),
        Mutant.of(
                "zap-store",
                "a volatile leaf is replaced by a plain store (pfn-dirty=on-clear)",
                Fault.in(
                    "mmu.make.SpteWriter",
                    "isExchanged",
                    Call.of("WriteRule.isExchanged").answering(0)))
            .violating("no-write-lost")
            .foundBy("lost-dirty-bit"),
        Mutant.of(
                "invalidation-unannounced",
                "an invalidation under way is not announced to faults",
                Fault.in(NOTIFIER, "invalidateStart", Call.of("Invalidations.begin").leftOut()))
            .violating("no-stale-translation", "no-write-lost", "structure")
            .foundBy("invalidate-retry"),
        Mutant.of(
                "invalidation-uncounted",
                "an invalidation that is over is not counted",
                Fault.in(
                    "mmu.fault.Invalidations", "end", Call.of("SharedWords.set").at(0).leftOut()))
            .violating("no-stale-translation", "no-write-lost", "structure")
            .foundBy("invalidate-retry"),
        Mutant.of(
                "zap-invalid-roots-passed-over",
                "operations on a range pass over roots that are on their way out",
                Fault.in(ROOTS, "acquireAll", Call.of("List.copyOf").toStandIn("onlyValid")))
            .violating("no-write-lost", "no-stale-translation", "structure")
            .foundBy("zap-all-evict"),
        Mutant.of(
                "zap-all-no-kick",
                "zapping everything does not wait for vCPUs on the old roots",
                Fault.in(
                    "mmu.SlotChanges", "zapAllFast", Call.of("TlbFlusher.reloadRoots").leftOut()))
            .violating(
                "no-stale-translation",
                "no-use-after-free",
                "no-write-lost",
                "structure",
                "progress")
            .foundBy("slot-delete"),
        Mutant.of(
                "root-uncounted",
                "a vCPU that loads a root does not count as its user",
                Fault.in(ROOTS, "acquire", Constant.of(1).becoming(0)))
            .violating("no-use-after-free", "structure")
            .foundBy("zap-all"),
        Mutant.of(
                "subtree-uncounted",
                "leaves in a table that is dismantled are not dealt with as changed",
                Fault.in(TABLES, "dismantle", Call.of("TdpTables.changed").leftOut()))
            .violating("no-write-lost", "structure")
            .foundBy("zap-all"),
        Mutant.of(
                "dismantle-not-frozen",
                "entries of a table that is dismantled are cleared, not frozen",
                Fault.in(
                    TABLES,
                    "dismantle",
                    2,
                    Constant.of(SpteFormat.FROZEN).becoming(SpteFormat.NON_PRESENT)),
                Fault.in(
                    TABLES,
                    "freeze",
                    2,
                    Constant.of(SpteFormat.FROZEN).becoming(SpteFormat.NON_PRESENT)))
            .violating("structure")
            .foundBy("large-over-table"),
        Mutant.of(
                "frozen-ignored",
                "a fault does not stop at a frozen entry",
                Fault.in("mmu.tdp.TdpMapper", "map", Call.of("SpteFormat.isFrozen").answering(0)))
            .violating("structure")
            .foundBy("large-over-table"),
        Mutant.of(
                "table-freed-before-flush",
                "an unlinked table is freed as soon as no walk needs it, before the flush",
                Fault.in(
                    TABLES,
                    "dismantle",
                    Call.of("ReadCopyUpdate.retire")
                        .before(
                            Snippet.call(
                                "mmu.sync.ReadCopyUpdate",
                                "poll",
                                "({mmu.platform.Cpu})V",
                                Snippet.field(TABLES, "rcu", "mmu.sync.ReadCopyUpdate"),
                                Snippet.reference(1)))))
            .violating("no-use-after-free")
            .foundBy("huge-recovery"));
  }
}
