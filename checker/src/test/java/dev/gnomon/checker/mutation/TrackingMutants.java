package dev.gnomon.checker.mutation;

import java.util.List;

/** Write tracking, the VMM's emulated writes, and changes of slots. */
final class TrackingMutants {
  private static final String MMU = "mmu.Mmu";
  private static final String SLOTS = "mmu.SlotChanges";
  private static final String VMM = "machine.EmulatingVmm";

  private TrackingMutants() {}

  static List<Mutant> all() {
    return List.of(
        Mutant.of(
                "track-no-flush",
                "write tracking begins without a flush",
                Fault.in(MMU, "changeTracking", Call.of("TlbFlusher.flushAll").leftOut()))
            .violating("write-tracking")
            .foundBy("track-write"),
        Mutant.of(
                "track-keeps-leave",
                "write tracking takes W away and leaves MMU-writable",
                Fault.in(
                    "mmu.tdp.TdpLog",
                    "writeProtect",
                    Call.of("SpteFormat.mmuWritableBit").answering(0)))
            .violating("write-tracking", "structure")
            .foundBy("track-fast-fault"),
        Mutant.of(
                "track-under-read-lock",
                "write tracking begins under the MMU lock for reading",
                Fault.in(MMU, "changeTracking", Call.of("MmuLock.writeLock").toMethod("readLock")),
                Fault.in(
                    MMU,
                    "changeTracking",
                    2,
                    Call.of("MmuLock.writeUnlock").toMethod("readUnlock")))
            .violating("write-tracking", "structure")
            .foundBy("track-fault"),
        Mutant.of(
                "track-unasked",
                "who makes an entry does not ask whether the gfn is write-tracked",
                Fault.in(
                    "mmu.make.SpteMaker",
                    "leaf",
                    Call.of("WriteTracking.isWriteTracked").answering(0)))
            .violating("write-tracking", "structure")
            .foundBy("track-evict"),
        Mutant.of(
                "track-large-allowed",
                "large pages stay allowed around a write-tracked gfn",
                Fault.in(MMU, "changeTracking", Call.of("LargePageCounts.change").leftOut()))
            .violating("write-tracking", "structure", "progress")
            .foundBy("track-large"),
        Mutant.of(
                "emulated-unmarked",
                "what the VMM writes for a vCPU is not marked",
                Fault.in(VMM, "write", Call.of("VcpuMmu.written").leftOut()))
            .violating("no-write-lost")
            .foundBy("log-emulated"),
        Mutant.of(
                "emulated-marks-first",
                "the VMM marks what it writes for a vCPU before it writes it",
                Fault.in(
                    VMM,
                    "write",
                    2,
                    Call.of("EmulatingVmm.store").postponedAfter("VcpuMmu.written")))
            .violating("no-write-lost")
            .foundBy("log-emulated"),
        Mutant.of(
                "emulated-unpinned",
                "the VMM writes a page for a vCPU that it does not keep where it is",
                Fault.in(VMM, "store", Call.of("HostAddressSpace.pin").toStandIn("lookUp")),
                Fault.in(VMM, "store", Call.of("HostAddressSpace.unpin").leftOut()))
            .violating("no-write-lost", "no-stale-translation")
            .foundBy("track-evict"),
        Mutant.of(
                "delete-keeps-mappings",
                "deleting a slot does not zap what maps it",
                Fault.in(SLOTS, "dropMappings", Call.of("SlotChanges.zapAllFast").leftOut()))
            .violating("no-stale-translation", "no-write-lost", "structure", "expectation")
            .foundBy("slot-delete"),
        Mutant.of(
                "delete-zaps-first",
                "a slot that goes is zapped before faults stop mapping it",
                Fault.in(
                    SLOTS,
                    "dropMappings",
                    2,
                    Call.of("SlotChanges.exchange").postponedAfter("SlotChanges.zapAllFast")))
            .violating("no-stale-translation", "no-write-lost", "structure", "expectation")
            .foundBy("slot-delete"));
  }
}
