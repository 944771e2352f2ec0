package dev.gnomon.checker.mutation;

import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.SpteFormat;
import java.util.List;

/** Changes that look like faults and break no property, with the reason. */
final class Survivors {
  private Survivors() {}

  static List<Mutant> all() {
    return List.of(
        Mutant.of(
                "zap-store-in-dismantle",
                "leaves of a table that is dismantled are taken out by plain stores",
                Fault.in(
                    "mmu.tdp.TdpTables",
                    "dismantle",
                    Call.of("SpteWriter.replace")
                        .becoming(
                            Snippet.sequence(
                                Snippet.call(
                                    "mmu.make.SpteWriter",
                                    "storeUnchecked",
                                    "(JJJ)V",
                                    Snippet.field(
                                        "mmu.tdp.TdpTables", "writer", "mmu.make.SpteWriter"),
                                    Snippet.word(8),
                                    Snippet.word(12),
                                    Snippet.constant(SpteFormat.FROZEN)),
                                Snippet.word(12)))))
            .survivingBecause(
                "only leaves below a large host page are taken out so under the write lock, and the"
                    + " host never cleans a large page: it is dirty already"),
        Mutant.of(
                "mmio-cache-generation",
                "a vCPU's last MMIO page is trusted whatever the generation",
                Fault.in("mmu.fault.MmioCache", "holds", Body.returning(1)))
            .survivingBecause(
                "who emulates the access looks at the slots again: where there is memory by now, it"
                    + " is done in memory, and logged"),
        Mutant.of(
                "mmio-mark-generation",
                "an MMIO mark in the tables is trusted whatever its generation",
                Fault.in(
                    "mmu.fault.MmioMarks",
                    "isCurrent",
                    2,
                    Call.of("MmioSpte.generation").answering(0)),
                Fault.in(
                    "mmu.fault.MmioMarks",
                    "isCurrent",
                    Constant.of(MmioSpte.GENERATION_MASK).becoming(0)))
            .survivingBecause("as mmio-cache-generation"),
        Mutant.of(
                "mmio-during-exchange",
                "MMIO marks are made and trusted while the slots are exchanged",
                Fault.in(
                    "mmu.fault.HostResolver",
                    "resolve",
                    Call.of("Memslots.isExchanging").answering(0)),
                Fault.in(
                    "mmu.fault.PageFaults",
                    "isCurrentMmio",
                    Call.of("Memslots.isExchanging").answering(0)))
            .survivingBecause(
                "here the generation belongs to the array of slots, so a mark says from which array"
                    + " it is; it matters only where 19 bits of the generation come round"),
        Mutant.of(
                "pml-no-kick",
                "a get does not have the processors' PML buffers drained first",
                Fault.in("mmu.dirty.DirtyLog", "drainProcessors", Body.empty()))
            .survivingBecause(
                "the write is reported late, not lost: the property asks for a later report, and"
                    + " the last one is taken when every vCPU has left the guest"),
        Mutant.of(
                "pml-drained-late",
                "a vCPU is seen to have left the guest before its PML buffer is drained",
                Fault.in(
                    "machine.processor.GuestMode",
                    "leave",
                    2,
                    Call.of("VcpuMmu.drainPml").postponedAfter("Rendezvous.leave")))
            .survivingBecause("as pml-no-kick: reported late, not lost"),
        Mutant.of(
                "kick-unserialized",
                "an interrupt does not empty the store buffer",
                Fault.in(
                    "machine.processor.GuestMode",
                    "takeInterrupt",
                    Call.of("Platform.fullFence").leftOut()))
            .survivingBecause(
                "a store buffer is first in, first out: that the vCPU has left becomes visible"
                    + " after what it wrote"));
  }
}
