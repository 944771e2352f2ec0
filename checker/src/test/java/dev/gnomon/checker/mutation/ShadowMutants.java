package dev.gnomon.checker.mutation;

import java.util.List;

/** The shadow MMU: unsync tables, syncs, the life of its pages, walks without the lock. */
final class ShadowMutants {
  private static final String SYNC = "mmu.shadow.PageSync";
  private static final String TABLES = "mmu.shadow.ShadowTables";
  private static final String FAULTS = "mmu.fault.ShadowFaults";
  private static final String MAPPER = "mmu.shadow.ShadowMapper";

  private ShadowMutants() {}

  static List<Mutant> all() {
    return List.of(
        Mutant.of(
                "sync-unmarks-first",
                "a full sync says that all below is in step before it has compared",
                Fault.in(SYNC, "syncAll", Call.of("UnsyncMarks.compares").toMethod("unmark")),
                Fault.in(SYNC, "syncAll", Call.of("UnsyncMarks.compared").leftOut()))
            .violating("guest-tables")
            .foundBy("shadow-sync-write"),
        Mutant.of(
                "sync-unprotected",
                "a full sync does not write-protect the tables that it compares",
                Fault.in(SYNC, "protect", Body.returning(0)))
            .violating("guest-tables")
            .foundBy("shadow-sync-write"),
        Mutant.of(
                "sync-no-flush",
                "a full sync does not flush before it compares",
                Fault.in(SYNC, "syncAll", Call.of("ShadowTables.commitOrFlush").at(0).leftOut()))
            .violating("guest-tables")
            .foundBy("shadow-sync-write"),
        Mutant.of(
                "shadow-page-no-flush",
                "zapped pages are freed without a flush",
                Fault.in(TABLES, "commit", Call.of("TlbFlusher.flushAll").leftOut()))
            .violating("no-use-after-free", "no-write-lost", "guest-tables", "structure")
            .foundBy("shadow-recycle"),
        Mutant.of(
                "walk-not-awaited",
                "who frees pages does not wait for walks that are announced",
                Fault.in(TABLES, "commit", Call.of("AnnouncedWalks.await").leftOut()))
            .violating("no-use-after-free")
            .foundBy("shadow-lockless-walk"),
        Mutant.of(
                "table-write-unnoticed",
                "nothing follows from a write to a table that the VMM makes for the guest",
                Fault.in("mmu.shadow.ShadowMmu", "written", Body.empty()))
            .violating("guest-tables")
            .foundBy("shadow-unlink"),
        Mutant.of(
                "table-unprotected",
                "a page that comes to be a table is not write-protected",
                Fault.in(TABLES, "account", Call.of("WriteProtection.track").answering(0)))
            .violating("guest-tables")
            .foundBy("shadow-large-table"),
        Mutant.of(
                "table-protected-no-flush",
                "a page that comes to be a table is write-protected without a flush",
                Fault.in(TABLES, "account", Call.of("TlbFlusher.flushAll").leftOut()))
            .violating("guest-tables")
            .foundBy("shadow-large-table"),
        Mutant.of(
                "walk-unverified",
                "a fault maps what the guest's table said, whatever it says under the lock",
                Fault.in(MAPPER, "descend", Call.of("GuestWalker.hasChanged").answering(0)),
                Fault.in(MAPPER, "mapIndirect", Call.of("GuestWalker.hasChanged").answering(0)))
            .violating("guest-tables")
            .foundBy("shadow-unlink"),
        Mutant.of(
                "shadow-fault-stale",
                "a fault of a shadowed guest maps a page that was taken away meanwhile",
                Fault.in(FAULTS, "slow", Call.of("HostResolver.isStale").answering(0)))
            .violating("no-stale-translation", "no-write-lost", "structure")
            .foundBy("shadow-invalidate-retry"),
        Mutant.of(
                "gfn-change-unnoticed",
                "a leaf of the right frame stays, whatever gfn it was made for",
                Fault.in(
                    "mmu.shadow.LeafInstaller",
                    "makeRoom",
                    Call.of("MmuPage.gfnOf").becoming(Snippet.word(7))))
            .violating("structure", "no-write-lost")
            .foundBy("shadow-two-slots"),
        Mutant.of(
                "invlpg-ignored",
                "INVLPG compares nothing",
                Fault.in("mmu.shadow.ShadowMmu", "syncAddress", Body.empty()))
            .violating("guest-tables")
            .foundBy("shadow-invlpg"),
        Mutant.of(
                "slot-zap-no-reload",
                "vCPUs of a shadowed guest go on with their old roots when everything is zapped",
                Fault.in(
                    "mmu.SlotChanges", "zapAllFast", Call.of("ShadowMmu.makeObsolete").leftOut()))
            .violating("structure", "expectation", "no-write-lost", "guest-tables")
            .foundBy("shadow-slot-delete"));
  }
}
