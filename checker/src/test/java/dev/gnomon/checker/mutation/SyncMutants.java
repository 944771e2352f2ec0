package dev.gnomon.checker.mutation;

import java.util.List;

/** Tier 1, as it is made of words: found by {@link SyncPrograms}, but for one. */
final class SyncMutants {
  private static final String RENDEZVOUS = "mmu.sync.WordRendezvous";
  private static final String LOCK = "mmu.sync.WordMmuLock";
  private static final String RCU = "mmu.sync.WordReadCopyUpdate";

  private SyncMutants() {}

  static List<Mutant> all() {
    return List.of(
        Mutant.of(
                "enter-no-barrier",
                "no barrier between announcing guest mode and looking for requests",
                Fault.in(RENDEZVOUS, "enter", Call.of("Platform.fullFence").leftOut()))
            .violating("write-tracking")
            .foundBy("kick-words"),
        Mutant.of(
                "wait-for-none",
                "who asks vCPUs to leave guest mode does not wait for those that are in it",
                Fault.in(
                    RENDEZVOUS, "requestAllAndWait", Call.of("WordRendezvous.awaitExit").leftOut()))
            .violating("expectation")
            .foundBy("program rendezvous"),
        Mutant.of(
                "enter-looks-once",
                "a vCPU does not look for requests after it has announced guest mode",
                Fault.in(RENDEZVOUS, "enter", Call.of("WordRendezvous.isRequested").answering(0)))
            .violating("expectation")
            .foundBy("program rendezvous"),
        Mutant.of(
                "read-lock-no-barrier",
                "no barrier between a reader's announcement and its look for a writer",
                Fault.in(LOCK, "readLock", Call.of("Platform.fullFence").leftOut()))
            .violating("expectation")
            .foundBy("program mmu-lock"),
        Mutant.of(
                "write-lock-no-wait",
                "a writer of the MMU lock does not wait for readers",
                Fault.in(LOCK, "writeLock", Call.of("SharedWords.get").answering(0)))
            .violating("expectation")
            .foundBy("program mmu-lock"),
        Mutant.of(
                "rcu-no-barrier",
                "no barrier between entering a read section and the first read in it",
                Fault.in(RCU, "readLock", Call.of("Platform.fullFence").leftOut()))
            .violating("expectation")
            .foundBy("program rcu"),
        Mutant.of(
                "rcu-no-wait",
                "what was retired is reclaimed whoever reads",
                Fault.in(
                    RCU, "poll", Call.of("WordReadCopyUpdate.oldestReader").answering(1 << 30)))
            .violating("expectation")
            .foundBy("program rcu"));
  }
}
