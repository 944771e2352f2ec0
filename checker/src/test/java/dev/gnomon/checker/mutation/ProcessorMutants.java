package dev.gnomon.checker.mutation;

import java.util.List;

/** The processor: its TLB, its walks, A and D, and how a vCPU enters and leaves the guest. */
final class ProcessorMutants {
  private static final String GUEST_MODE = "machine.processor.GuestMode";
  private static final String WALKER = "machine.processor.NestedWalker";
  private static final String TRANSLATOR = "machine.processor.Translator";

  private ProcessorMutants() {}

  static List<Mutant> all() {
    return List.of(
        Mutant.of(
                "flush-request-ignored",
                "the processor keeps its TLB when it is told to flush",
                Fault.in(GUEST_MODE, "handleRequests", Call.of("Translator.dropAll").leftOut()))
            .violating("no-stale-translation", "no-write-lost")
            .foundBy("zap-order"),
        Mutant.of(
                "reload-request-ignored",
                "a vCPU keeps its root when it is told to load another",
                Fault.in(
                    GUEST_MODE, "handleRequests", Call.of("VcpuMmu.dropObsoleteRoots").leftOut()))
            .violating(
                "no-stale-translation", "no-use-after-free", "structure", "progress", "expectation")
            .foundBy("zap-all-fault"),
        Mutant.of(
                "root-loaded-no-flush",
                "the processor keeps its TLB when another root is loaded",
                Fault.in(GUEST_MODE, "enter", Call.of("Translator.dropAll").leftOut()))
            .violating("no-stale-translation", "no-write-lost", "expectation")
            .foundBy("slot-delete"),
        Mutant.of(
                "flush-keeps-nested",
                "a flush drops the TLB and keeps nested translations",
                Fault.in(TRANSLATOR, "dropAll", Call.of("NestedWalker.clear").leftOut()))
            .violating("no-stale-translation", "no-write-lost")
            .foundBy("zap-order"),
        Mutant.of(
                "flush-keeps-structure-caches",
                "a flush keeps paging-structure caches",
                Fault.in(WALKER, "clear", 2, Call.of("StructureCache.clear").leftOut()))
            .violating("no-use-after-free")
            .foundBy("huge-recovery"),
        Mutant.of(
                "fault-keeps-structure-caches",
                "a fault does not drop the paging-structure caches on its way",
                Fault.in(WALKER, "dropFaulting", 2, Call.of("StructureCache.drop").leftOut()))
            .violating(Trial.REFUSED)
            .foundBy("huge-recovery"),
        Mutant.of(
                "dirty-by-store",
                "the processor sets A and D by a plain store",
                Fault.in(
                    WALKER,
                    "leaf",
                    Call.of("PhysicalMemory.compareAndExchangeLong").toStandIn("compareThenSet")))
            .violating("no-stale-translation", "no-write-lost", "structure")
            .foundBy("lost-dirty-bit-pml"),
        Mutant.of(
                "dirty-not-set",
                "the processor does not set D",
                Fault.in(WALKER, "missingBits", Call.of("SpteFormat.dirtyBit").answering(0)))
            .violating("no-write-lost")
            .foundBy("lost-dirty-bit-pml"),
        Mutant.of(
                "dirty-unlogged",
                "the processor sets D and does not log the page",
                Fault.in(WALKER, "leaf", Call.of("PmlBuffer.log").leftOut()))
            .violating("no-write-lost")
            .foundBy("log-pml"),
        Mutant.of(
                "tlb-takes-clean-for-dirty",
                "the TLB lets a write through where D was clear",
                Fault.in(WALKER, "translation", Call.of("SpteFormat.isAdEnabled").answering(0)))
            .violating("no-write-lost")
            .foundBy("log-pml-read"),
        Mutant.of(
                "reserved-bits-unchecked",
                "the processor does not look at reserved bits",
                Fault.in(WALKER, "isReserved", Body.returning(0)))
            .violating("structure", "expectation", "no-stale-translation")
            .foundBy("mmio-write"),
        Mutant.of(
                "invlpg-ignored",
                "INVLPG drops nothing",
                Fault.in(TRANSLATOR, "dropPage", Body.empty()))
            .violating("guest-tables")
            .foundBy("guest-tables"),
        Mutant.of(
                "cr3-ignored",
                "MOV CR3 drops nothing",
                Fault.in(TRANSLATOR, "dropNonGlobal", Body.empty()))
            .violating("guest-tables")
            .foundBy("guest-cr3"));
  }
}
