package dev.gnomon.cli.event;

import static dev.gnomon.cli.event.EventKind.CHECK_MMIO_SPTE;
import static dev.gnomon.cli.event.EventKind.FAST_PAGE_FAULT;
import static dev.gnomon.cli.event.EventKind.HANDLE_MMIO_PAGE_FAULT;
import static dev.gnomon.cli.event.EventKind.KVM_AGE_HVA;
import static dev.gnomon.cli.event.EventKind.KVM_DIRTY_RING_PUSH;
import static dev.gnomon.cli.event.EventKind.KVM_DIRTY_RING_RESET;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_GET_PAGE;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_ORACLE_RMAP;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_ORACLE_ROOT;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_ORACLE_SP;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_ORACLE_SPTE;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_PREPARE_ZAP_PAGE;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_SET_ACCESSED_BIT;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_SET_DIRTY_BIT;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_SET_SPTE;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_SPLIT_HUGE_PAGE;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_SPTE_REQUESTED;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_SYNC_PAGE;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_UNSYNC_PAGE;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_WALKER_ERROR;
import static dev.gnomon.cli.event.EventKind.KVM_MMU_ZAP_ALL_FAST;
import static dev.gnomon.cli.event.EventKind.KVM_PAGE_FAULT;
import static dev.gnomon.cli.event.EventKind.KVM_TDP_MMU_SPTE_CHANGED;
import static dev.gnomon.cli.event.EventKind.KVM_TEST_AGE_HVA;
import static dev.gnomon.cli.event.EventKind.KVM_UNMAP_HVA_RANGE;
import static dev.gnomon.cli.event.EventKind.MARK_MMIO_SPTE;
import static dev.gnomon.cli.event.EventKind.TRACING_MARK_WRITE;

import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import java.util.function.IntToLongFunction;

/** Puts each event of a VM into the ring of its CPU; {@link EventText} knows the words' order. */
final class RingTracepoints extends Tracepoints {
  private static final int FAST = 0;
  private static final int SET = 1;
  private static final int UPDATE = 2;
  private static final int CLEAR = 3;
  private static final int CLEAR_NO_TRACK = 4;
  private static final int AGE = 5;

  private final TracedMachine machine;
  private volatile IntToLongFunction instructionPointers = vcpu -> 0;

  RingTracepoints(TracedMachine machine) {
    this.machine = machine;
  }

  /** Says where to look a vCPU's instruction pointer up. */
  void setInstructionPointers(IntToLongFunction ofVcpu) {
    instructionPointers = ofVcpu;
  }

  /** Puts a marker. */
  void mark(Cpu cpu, String text) {
    put(cpu, TRACING_MARK_WRITE, machine.keep(text));
  }

  @Override
  public boolean isOn() {
    return true;
  }

  private void put(Cpu cpu, EventKind kind, long a) {
    put(cpu, kind, a, 0, 0, 0, 0);
  }

  private void put(Cpu cpu, EventKind kind, long a, long b) {
    put(cpu, kind, a, b, 0, 0, 0);
  }

  private void put(Cpu cpu, EventKind kind, long a, long b, long c) {
    put(cpu, kind, a, b, c, 0, 0);
  }

  private void put(Cpu cpu, EventKind kind, long a, long b, long c, long d) {
    put(cpu, kind, a, b, c, d, 0);
  }

  private void put(Cpu cpu, EventKind kind, long a, long b, long c, long d, long e) {
    machine.ring(cpu.index()).put(kind, a, b, c, d, e, 0, 0, 0);
  }

  @Override
  public void kvmMmuGetPage(
      Cpu cpu, int gen, long gfn, int role, int rootCount, boolean isUnsync, boolean isNew) {
    put(cpu, KVM_MMU_GET_PAGE, gen, gfn, role, rootCount, flags(isUnsync, isNew));
  }

  @Override
  public void kvmMmuPrepareZapPage(
      Cpu cpu, int gen, long gfn, int role, int rootCount, boolean isUnsync) {
    put(cpu, KVM_MMU_PREPARE_ZAP_PAGE, gen, gfn, role, rootCount, flags(isUnsync, false));
  }

  private static int flags(boolean first, boolean second) {
    return (first ? 1 : 0) | (second ? 2 : 0);
  }

  @Override
  public void rootLoad(Cpu cpu, int vcpu, long hpa, int role) {
    put(cpu, KVM_MMU_ORACLE_ROOT, vcpu, hpa, role);
  }

  @Override
  public void spAlloc(Cpu cpu, long hpa, long gfn, int role) {
    put(cpu, KVM_MMU_ORACLE_SP, hpa, gfn, role);
  }

  @Override
  public void kvmMmuUnsyncPage(Cpu cpu, int gen, long gfn, int role, int rootCount) {
    put(cpu, KVM_MMU_UNSYNC_PAGE, gen, gfn, role, rootCount, flags(false, false));
  }

  @Override
  public void kvmMmuSyncPage(Cpu cpu, int gen, long gfn, int role, int rootCount) {
    put(cpu, KVM_MMU_SYNC_PAGE, gen, gfn, role, rootCount, flags(true, false));
  }

  @Override
  public void kvmMmuSetAccessedBit(Cpu cpu, long gpa) {
    put(cpu, KVM_MMU_SET_ACCESSED_BIT, gpa);
  }

  @Override
  public void kvmMmuSetDirtyBit(Cpu cpu, long gpa) {
    put(cpu, KVM_MMU_SET_DIRTY_BIT, gpa);
  }

  @Override
  public void kvmMmuWalkerError(Cpu cpu, long code) {
    put(cpu, KVM_MMU_WALKER_ERROR, code);
  }

  @Override
  public void spteSet(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    put(cpu, KVM_MMU_ORACLE_SPTE, level, sptep, oldSpte, newSpte, SET);
  }

  @Override
  public void spteUpdate(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    put(cpu, KVM_MMU_ORACLE_SPTE, level, sptep, oldSpte, newSpte, UPDATE);
  }

  @Override
  public void spteClear(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    put(cpu, KVM_MMU_ORACLE_SPTE, level, sptep, oldSpte, newSpte, CLEAR);
  }

  @Override
  public void spteClearNoTrack(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    put(cpu, KVM_MMU_ORACLE_SPTE, level, sptep, oldSpte, newSpte, CLEAR_NO_TRACK);
  }

  @Override
  public void spteAge(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    put(cpu, KVM_MMU_ORACLE_SPTE, level, sptep, oldSpte, newSpte, AGE);
  }

  @Override
  public void rmapAdd(Cpu cpu, long gfn, int level, long sptep, int count) {
    put(cpu, KVM_MMU_ORACLE_RMAP, gfn, level, sptep, count, 0);
  }

  @Override
  public void rmapRemove(Cpu cpu, long gfn, int level, long sptep, int count) {
    put(cpu, KVM_MMU_ORACLE_RMAP, gfn, level, sptep, count, 1);
  }

  @Override
  public void kvmMmuZapAllFast(Cpu cpu, int validGen, long usedPages) {
    put(cpu, KVM_MMU_ZAP_ALL_FAST, validGen, usedPages);
  }

  @Override
  public void kvmPageFault(Cpu cpu, int vcpu, long address, long code) {
    put(cpu, KVM_PAGE_FAULT, vcpu, instructionPointers.applyAsLong(vcpu), address, code);
  }

  @Override
  public void kvmMmuSpteRequested(Cpu cpu, long gfn, long pfn, int level) {
    put(cpu, KVM_MMU_SPTE_REQUESTED, gfn, pfn, level);
  }

  @Override
  public void kvmMmuSetSpte(Cpu cpu, int level, long gfn, long sptep, long spte) {
    put(cpu, KVM_MMU_SET_SPTE, gfn, spte, level, sptep);
  }

  @Override
  public void fastPageFault(
      Cpu cpu,
      int vcpu,
      long address,
      long code,
      long sptep,
      long oldSpte,
      long newSpte,
      boolean isSpurious,
      boolean isFixed) {
    int flags = flags(isSpurious, isFixed);
    machine
        .ring(cpu.index())
        .put(FAST_PAGE_FAULT, vcpu, address, code, sptep, oldSpte, newSpte, flags, 0);
  }

  @Override
  public void spteFast(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    put(cpu, KVM_MMU_ORACLE_SPTE, level, sptep, oldSpte, newSpte, FAST);
  }

  @Override
  public void kvmTdpMmuSpteChanged(
      Cpu cpu, int asId, long gfn, int level, long oldSpte, long newSpte) {
    put(cpu, KVM_TDP_MMU_SPTE_CHANGED, asId, gfn, level, oldSpte, newSpte);
  }

  @Override
  public void kvmMmuSplitHugePage(Cpu cpu, long gfn, long spte, int level, int errno) {
    put(cpu, KVM_MMU_SPLIT_HUGE_PAGE, gfn, spte, level, errno);
  }

  @Override
  public void markMmioSpte(Cpu cpu, long sptep, long gfn, int access, long gen) {
    put(cpu, MARK_MMIO_SPTE, sptep, gfn, access, gen);
  }

  @Override
  public void checkMmioSpte(Cpu cpu, long spte, long kvmGen, long spteGen) {
    put(cpu, CHECK_MMIO_SPTE, spte, kvmGen, spteGen);
  }

  @Override
  public void handleMmioPageFault(Cpu cpu, long address, long gfn, int access) {
    put(cpu, HANDLE_MMIO_PAGE_FAULT, address, gfn, access);
  }

  @Override
  public void kvmUnmapHvaRange(Cpu cpu, long start, long end) {
    put(cpu, KVM_UNMAP_HVA_RANGE, start, end);
  }

  @Override
  public void kvmAgeHva(Cpu cpu, long start, long end) {
    put(cpu, KVM_AGE_HVA, start, end);
  }

  @Override
  public void kvmTestAgeHva(Cpu cpu, long hva) {
    put(cpu, KVM_TEST_AGE_HVA, hva);
  }

  @Override
  public void kvmDirtyRingPush(Cpu cpu, int ring, long dirty, long reset, int slot, long offset) {
    put(cpu, KVM_DIRTY_RING_PUSH, ring, dirty, reset, slot, offset);
  }

  @Override
  public void kvmDirtyRingReset(Cpu cpu, int ring, long dirty, long reset) {
    put(cpu, KVM_DIRTY_RING_RESET, ring, dirty, reset);
  }
}
