package dev.gnomon.checker.mutation;

import java.util.List;

/** The dirty log: marking, taking, protecting again; bitmap, ring and PML. */
final class LogMutants {
  private static final String LOG = "mmu.dirty.DirtyLog";
  private static final String MARKER = "mmu.dirty.DirtyMarker";
  private static final String PROTECTION = "mmu.tdp.TdpLog";
  private static final String SLOTS = "mmu.SlotChanges";
  private static final String WORDS = "mmu.platform.SharedWords";

  private LogMutants() {}

  static List<Mutant> all() {
    return List.of(
        Mutant.of(
                "log-on-no-flush",
                "switching the log on does not flush",
                Fault.in(SLOTS, "startDirtyLog", Call.of("TlbFlusher.flushAll").leftOut()))
            .violating("no-write-lost")
            .foundBy("log-switched-on-aged"),
        Mutant.of(
                "log-on-unprotected",
                "switching the log on protects nothing",
                Fault.in(SLOTS, "startDirtyLog", Call.of("TdpMmu.protectSlot").leftOut()))
            .violating("no-write-lost", "structure")
            .foundBy("log-switched-on"),
        Mutant.of(
                "log-on-protects-first",
                "switching the log on protects the old mappings before new ones are logged",
                Fault.in(
                    SLOTS,
                    "startDirtyLog",
                    2,
                    Call.of("SlotChanges.exchange").postponedAfter("TlbFlusher.flushAll")))
            .violating("no-write-lost", "structure")
            .foundBy("log-switched-on"),
        Mutant.of(
                "exchange-no-wait",
                "an exchange of the slots does not wait for those who use the old ones",
                Fault.in(
                    "mmu.slot.Memslots",
                    "exchange",
                    Call.of("ReadCopyUpdate.synchronize").leftOut()))
            .violating("no-write-lost", "structure")
            .foundBy("log-switched-on"),
        Mutant.of(
                "initially-set-empty",
                "an initially set log reports nothing at first",
                Fault.in(SLOTS, "logged", Call.of("SlotChanges.setAll").leftOut()))
            .violating("no-write-lost", "structure")
            .foundBy("log-initially-set"),
        Mutant.of(
                "take-in-two-steps",
                "taking the bits of the log reads them, then stores 0",
                Fault.in(LOG, "takeAll", Call.of("SharedWords.getAndSet").toStandIn("getThenSet")))
            .violating("no-write-lost", "structure")
            .foundBy("log-two-pages"),
        Mutant.of(
                "mark-in-two-steps",
                "marking a gfn reads the word, then stores it with the bit",
                Fault.in(
                    MARKER, "mark", Call.of("SharedWords.getAndOr").toStandIn("getThenSetBits")))
            .violating("no-write-lost", "structure")
            .foundBy("log-two-marks"),
        Mutant.of(
                "protect-before-take",
                "a get protects the pages before it takes their bits",
                Fault.in(LOG, "takeAll", Call.of("SharedWords.getAndSet").toStandIn("getOnly")),
                Fault.in(
                    LOG,
                    "takeAll",
                    Call.of("DirtyLog.reap")
                        .before(
                            Snippet.sequence(
                                Snippet.call(
                                    WORDS,
                                    "getAndSet",
                                    "(IJ)J",
                                    Snippet.reference(3),
                                    Snippet.number(7),
                                    Snippet.constant(0)),
                                Snippet.dropWord()))))
            .violating("no-write-lost", "structure")
            .foundBy("log-fast-fault"),
        Mutant.of(
                "take-unprotected",
                "a get takes the bits and does not protect the pages",
                Fault.in(LOG, "takeAll", Call.of("DirtyLog.reap").leftOut()))
            .violating("no-write-lost", "structure")
            .foundBy("stale-after-report"),
        Mutant.of(
                "clear-unprotected",
                "with manual protect, a clear does not protect the pages",
                Fault.in(LOG, "clear", Call.of("DirtyLog.reap").leftOut()))
            .violating("no-write-lost", "structure")
            .foundBy("log-manual-protect"),
        Mutant.of(
                "take-under-read-lock",
                "the log is taken under the MMU lock for reading",
                Fault.in(LOG, "begin", Call.of("MmuLock.writeLock").toMethod("readLock")),
                Fault.in(LOG, "end", Call.of("MmuLock.writeUnlock").toMethod("readUnlock")))
            .violating("no-write-lost", "structure")
            .foundBy("log-fast-fault")
            .under("fast-fault", "off"),
        Mutant.of(
                "protect-dirt-dropped",
                "D is cleared for the log and the host's page not told (PML, pfn-dirty=on-clear)",
                Fault.in(PROTECTION, "protectLeaf", Call.of("TdpTables.changed").leftOut()))
            .violating("no-write-lost")
            .foundBy("log-evict-pml"),
        Mutant.of(
                "pml-large-by-dirty-bit",
                "with PML a large leaf loses D, not W",
                Fault.in(
                    PROTECTION, "protectLeaf", Constant.of(1).at(0).becoming(Snippet.number(8))))
            .violating("no-write-lost", "structure")
            .foundBy("log-pml-large"),
        Mutant.of(
                "ring-published-first",
                "an entry of a ring is published before it is stored",
                Fault.in(
                    "mmu.dirty.DirtyRing",
                    "push",
                    2,
                    Call.of("SharedWords.set").postponedAfter("SharedWords.set")))
            .violating("no-write-lost", "structure")
            .foundBy("ring-push"),
        Mutant.of(
                "ring-unprotected",
                "a harvest does not protect the pages",
                Fault.in(LOG, "harvestRing", 2, Call.of("DirtyLog.reap").leftOut()))
            .violating("no-write-lost")
            .foundBy("log-ring"),
        Mutant.of(
                "recovery-no-flush",
                "large pages are brought back without a flush",
                Fault.in(
                    "mmu.tdp.TdpRecovery", "flushIf", Call.of("TlbFlusher.flushAll").leftOut()))
            .violating("no-use-after-free")
            .foundBy("huge-recovery"),
        Mutant.of(
                "recovery-under-read-lock",
                "large pages are brought back under the MMU lock for reading",
                Fault.in(SLOTS, "stopDirtyLog", Call.of("MmuLock.writeLock").toMethod("readLock")),
                Fault.in(
                    SLOTS, "stopDirtyLog", Call.of("MmuLock.writeUnlock").toMethod("readUnlock")))
            .violating("structure", "no-use-after-free", "no-write-lost")
            .foundBy("huge-recovery")
            .under("fast-fault", "off"),
        Mutant.of(
                "aging-dirt-dropped",
                "an entry made access-tracked does not hand over its dirt (pfn-dirty=on-clear)",
                Fault.in("mmu.tdp.TdpAging", "age", Call.of("TdpTables.accessTracked").leftOut()))
            .violating("no-write-lost")
            .foundBy("age-flush-no-ad"),
        Mutant.of(
                "aging-store",
                "aging stores an access-tracked entry whatever is there by now",
                Fault.in(
                    "mmu.tdp.TdpAging",
                    "age",
                    Call.of("SpteWriter.replace")
                        .becoming(
                            Snippet.sequence(
                                Snippet.call(
                                    "mmu.make.SpteWriter",
                                    "storeUnchecked",
                                    "(JJJ)V",
                                    Snippet.field(
                                        "mmu.tdp.TdpAging", "writer", "mmu.make.SpteWriter"),
                                    Snippet.call(
                                        "mmu.table.TableIterator",
                                        "sptep",
                                        "()J",
                                        Snippet.reference(2)),
                                    Snippet.word(3),
                                    Snippet.word(5)),
                                Snippet.word(3)))))
            .violating("no-write-lost")
            .foundBy("age-protected"),
        Mutant.of(
                "aging-under-read-lock",
                "aging holds the MMU lock for reading only",
                Fault.in(
                    "mmu.notify.MmuNotifier",
                    "clearYoung",
                    Call.of("MmuLock.writeLock").toMethod("readLock")),
                Fault.in(
                    "mmu.notify.MmuNotifier",
                    "clearYoung",
                    Call.of("MmuLock.writeUnlock").toMethod("readUnlock")))
            .violating("no-write-lost", "no-stale-translation", "structure")
            .foundBy("age-split"));
  }
}
