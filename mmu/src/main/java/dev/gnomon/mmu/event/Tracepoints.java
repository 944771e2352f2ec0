package dev.gnomon.mmu.event;

import dev.gnomon.mmu.platform.Cpu;

/**
 * The MMU's events: a method for each tracepoint, in the kernel's names and with its raw fields.
 * This class does nothing; who wants to listen to a VM extends it, and the VM is made with that.
 *
 * <p>A method is called at the moment of its event, by the CPU that caused it, often under the MMU
 * lock; several CPUs call at once. So it returns soon, takes no lock of the MMU and calls nothing
 * of the VM. Where nobody listens, no class but this one is loaded, and the calls are compiled to
 * nothing.
 *
 * <p>Words: {@code sptep} is the host-physical address of an entry, {@code role} the role word of a
 * page of entries, {@code asId} the address space (0; 1 would be SMM), {@code code} a {@link
 * dev.gnomon.mmu.arch.FaultCode}. Names of the parameters are otherwise the kernel's.
 */
public class Tracepoints {
  /** For a VM that nobody listens to. */
  public static final Tracepoints OFF = new Tracepoints();

  /** The pfn in {@link #kvmMmuSpteRequested} where no slot holds the gfn. */
  public static final long PFN_NOSLOT = 1L << 63;

  protected Tracepoints() {}

  /**
   * Whether somebody listens. Asked only before something is read from memory for an event alone.
   */
  public boolean isOn() {
    return false;
  }

  // --- pages of entries ---

  /** A page of entries was found or, if new, made; it is not linked yet. */
  public void kvmMmuGetPage(
      Cpu cpu, int gen, long gfn, int role, int rootCount, boolean isUnsync, boolean isNew) {}

  /** A page of entries is unlinked and is being taken apart. */
  public void kvmMmuPrepareZapPage(
      Cpu cpu, int gen, long gfn, int role, int rootCount, boolean isUnsync) {}

  /** A root was allocated for a vCPU. The kernel has no tracepoint for it; the recordings have. */
  public void rootLoad(Cpu cpu, int vcpu, long hpa, int role) {}

  /** All mappings become obsolete at once. */
  public void kvmMmuZapAllFast(Cpu cpu, int validGen, long usedPages) {}

  /** A page of the shadow MMU was made. The recordings' own event. */
  public void spAlloc(Cpu cpu, long hpa, long gfn, int role) {}

  /** A page of the shadow MMU is about to become unsync. */
  public void kvmMmuUnsyncPage(Cpu cpu, int gen, long gfn, int role, int rootCount) {}

  /** An unsync page is about to be brought into step with the guest's table, or to go. */
  public void kvmMmuSyncPage(Cpu cpu, int gen, long gfn, int role, int rootCount) {}

  // --- the walk of the guest's tables ---

  /** The walk sets A in the guest's entry at a gpa. */
  public void kvmMmuSetAccessedBit(Cpu cpu, long gpa) {}

  /** The walk sets D in the guest's entry at a gpa. */
  public void kvmMmuSetDirtyBit(Cpu cpu, long gpa) {}

  /** The walk has failed. */
  public void kvmMmuWalkerError(Cpu cpu, long code) {}

  // --- entries of the shadow MMU: the recordings' own events ---

  /** An entry that was not shadow-present was written. */
  public void spteSet(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {}

  /** A leaf was replaced by one of the same frame. */
  public void spteUpdate(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {}

  /** An entry was cleared, with a look at what was lost. */
  public void spteClear(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {}

  /** An entry that is no leaf was cleared. */
  public void spteClearNoTrack(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {}

  /** A leaf was made to look unused. */
  public void spteAge(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {}

  /** A leaf was entered into the reverse map, where there were {@code count} before. */
  public void rmapAdd(Cpu cpu, long gfn, int level, long sptep, int count) {}

  /** A leaf was taken out of the reverse map. */
  public void rmapRemove(Cpu cpu, long gfn, int level, long sptep, int count) {}

  // --- faults ---

  /** A vCPU has left the guest with a fault at {@code address}, a gpa under TDP. */
  public void kvmPageFault(Cpu cpu, int vcpu, long address, long code) {}

  /** A fault is about to map a gfn; {@code pfn} is the very frame behind it. */
  public void kvmMmuSpteRequested(Cpu cpu, long gfn, long pfn, int level) {}

  /** A fault has mapped; {@code gfn} is the first that the entry covers. */
  public void kvmMmuSetSpte(Cpu cpu, int level, long gfn, long sptep, long spte) {}

  /**
   * The fast path was tried, whatever came of it.
   *
   * @param oldSpte the last entry on the way to the gfn, as the last attempt read it
   * @param newSpte what was there afterwards
   */
  public void fastPageFault(
      Cpu cpu,
      int vcpu,
      long address,
      long code,
      long sptep,
      long oldSpte,
      long newSpte,
      boolean isSpurious,
      boolean isFixed) {}

  /** The fast path has exchanged an entry. The recordings' own event. */
  public void spteFast(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {}

  // --- entries of the TDP MMU ---

  /** An entry of the TDP MMU has changed; {@code gfn} is the first that it covers. */
  public void kvmTdpMmuSpteChanged(
      Cpu cpu, int asId, long gfn, int level, long oldSpte, long newSpte) {}

  /** A large page has been split, or, with an {@code errno} below 0, has not. */
  public void kvmMmuSplitHugePage(Cpu cpu, long gfn, long spte, int level, int errno) {}

  // --- MMIO ---

  /** An entry was marked as MMIO; {@code gen} as far as it fits into the mark. */
  public void markMmioSpte(Cpu cpu, long sptep, long gfn, int access, long gen) {}

  /** The generation of an MMIO mark was compared with the slots'. */
  public void checkMmioSpte(Cpu cpu, long spte, long kvmGen, long spteGen) {}

  /** A current MMIO mark has answered a fault; {@code address} is 0 under TDP. */
  public void handleMmioPageFault(Cpu cpu, long address, long gfn, int access) {}

  // --- what the host asks, in host-virtual addresses ---

  /** The host is about to take [start, end) away. */
  public void kvmUnmapHvaRange(Cpu cpu, long start, long end) {}

  /** The host asks whether [start, end) was used, and has it forgotten. */
  public void kvmAgeHva(Cpu cpu, long start, long end) {}

  /** The host asks whether the page at {@code hva} was used. */
  public void kvmTestAgeHva(Cpu cpu, long hva) {}

  // --- the dirty ring ---

  /** A page was pushed; {@code dirty} and {@code reset} are the counters afterwards. */
  public void kvmDirtyRingPush(Cpu cpu, int ring, long dirty, long reset, int slot, long offset) {}

  /** The room of the harvested entries was given back; the counters are those afterwards. */
  public void kvmDirtyRingReset(Cpu cpu, int ring, long dirty, long reset) {}
}
