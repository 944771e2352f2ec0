package dev.gnomon.cli.event;

import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;

/** Tells two listeners of each event, one after the other. */
final class BothTracepoints extends Tracepoints {
  private final Tracepoints first;
  private final Tracepoints second;

  BothTracepoints(Tracepoints first, Tracepoints second) {
    this.first = first;
    this.second = second;
  }

  @Override
  public boolean isOn() {
    return first.isOn() || second.isOn();
  }

  @Override
  public void kvmMmuGetPage(
      Cpu cpu, int gen, long gfn, int role, int rootCount, boolean isUnsync, boolean isNew) {
    first.kvmMmuGetPage(cpu, gen, gfn, role, rootCount, isUnsync, isNew);
    second.kvmMmuGetPage(cpu, gen, gfn, role, rootCount, isUnsync, isNew);
  }

  @Override
  public void kvmMmuPrepareZapPage(
      Cpu cpu, int gen, long gfn, int role, int rootCount, boolean isUnsync) {
    first.kvmMmuPrepareZapPage(cpu, gen, gfn, role, rootCount, isUnsync);
    second.kvmMmuPrepareZapPage(cpu, gen, gfn, role, rootCount, isUnsync);
  }

  @Override
  public void rootLoad(Cpu cpu, int vcpu, long hpa, int role) {
    first.rootLoad(cpu, vcpu, hpa, role);
    second.rootLoad(cpu, vcpu, hpa, role);
  }

  @Override
  public void spAlloc(Cpu cpu, long hpa, long gfn, int role) {
    first.spAlloc(cpu, hpa, gfn, role);
    second.spAlloc(cpu, hpa, gfn, role);
  }

  @Override
  public void kvmMmuUnsyncPage(Cpu cpu, int gen, long gfn, int role, int rootCount) {
    first.kvmMmuUnsyncPage(cpu, gen, gfn, role, rootCount);
    second.kvmMmuUnsyncPage(cpu, gen, gfn, role, rootCount);
  }

  @Override
  public void kvmMmuSyncPage(Cpu cpu, int gen, long gfn, int role, int rootCount) {
    first.kvmMmuSyncPage(cpu, gen, gfn, role, rootCount);
    second.kvmMmuSyncPage(cpu, gen, gfn, role, rootCount);
  }

  @Override
  public void kvmMmuSetAccessedBit(Cpu cpu, long gpa) {
    first.kvmMmuSetAccessedBit(cpu, gpa);
    second.kvmMmuSetAccessedBit(cpu, gpa);
  }

  @Override
  public void kvmMmuSetDirtyBit(Cpu cpu, long gpa) {
    first.kvmMmuSetDirtyBit(cpu, gpa);
    second.kvmMmuSetDirtyBit(cpu, gpa);
  }

  @Override
  public void kvmMmuWalkerError(Cpu cpu, long code) {
    first.kvmMmuWalkerError(cpu, code);
    second.kvmMmuWalkerError(cpu, code);
  }

  @Override
  public void spteSet(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    first.spteSet(cpu, level, sptep, oldSpte, newSpte);
    second.spteSet(cpu, level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteUpdate(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    first.spteUpdate(cpu, level, sptep, oldSpte, newSpte);
    second.spteUpdate(cpu, level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteClear(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    first.spteClear(cpu, level, sptep, oldSpte, newSpte);
    second.spteClear(cpu, level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteClearNoTrack(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    first.spteClearNoTrack(cpu, level, sptep, oldSpte, newSpte);
    second.spteClearNoTrack(cpu, level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteAge(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    first.spteAge(cpu, level, sptep, oldSpte, newSpte);
    second.spteAge(cpu, level, sptep, oldSpte, newSpte);
  }

  @Override
  public void rmapAdd(Cpu cpu, long gfn, int level, long sptep, int count) {
    first.rmapAdd(cpu, gfn, level, sptep, count);
    second.rmapAdd(cpu, gfn, level, sptep, count);
  }

  @Override
  public void rmapRemove(Cpu cpu, long gfn, int level, long sptep, int count) {
    first.rmapRemove(cpu, gfn, level, sptep, count);
    second.rmapRemove(cpu, gfn, level, sptep, count);
  }

  @Override
  public void kvmMmuZapAllFast(Cpu cpu, int validGen, long usedPages) {
    first.kvmMmuZapAllFast(cpu, validGen, usedPages);
    second.kvmMmuZapAllFast(cpu, validGen, usedPages);
  }

  @Override
  public void kvmPageFault(Cpu cpu, int vcpu, long address, long code) {
    first.kvmPageFault(cpu, vcpu, address, code);
    second.kvmPageFault(cpu, vcpu, address, code);
  }

  @Override
  public void kvmMmuSpteRequested(Cpu cpu, long gfn, long pfn, int level) {
    first.kvmMmuSpteRequested(cpu, gfn, pfn, level);
    second.kvmMmuSpteRequested(cpu, gfn, pfn, level);
  }

  @Override
  public void kvmMmuSetSpte(Cpu cpu, int level, long gfn, long sptep, long spte) {
    first.kvmMmuSetSpte(cpu, level, gfn, sptep, spte);
    second.kvmMmuSetSpte(cpu, level, gfn, sptep, spte);
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
    first.fastPageFault(cpu, vcpu, address, code, sptep, oldSpte, newSpte, isSpurious, isFixed);
    second.fastPageFault(cpu, vcpu, address, code, sptep, oldSpte, newSpte, isSpurious, isFixed);
  }

  @Override
  public void spteFast(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    first.spteFast(cpu, level, sptep, oldSpte, newSpte);
    second.spteFast(cpu, level, sptep, oldSpte, newSpte);
  }

  @Override
  public void kvmTdpMmuSpteChanged(
      Cpu cpu, int asId, long gfn, int level, long oldSpte, long newSpte) {
    first.kvmTdpMmuSpteChanged(cpu, asId, gfn, level, oldSpte, newSpte);
    second.kvmTdpMmuSpteChanged(cpu, asId, gfn, level, oldSpte, newSpte);
  }

  @Override
  public void kvmMmuSplitHugePage(Cpu cpu, long gfn, long spte, int level, int errno) {
    first.kvmMmuSplitHugePage(cpu, gfn, spte, level, errno);
    second.kvmMmuSplitHugePage(cpu, gfn, spte, level, errno);
  }

  @Override
  public void markMmioSpte(Cpu cpu, long sptep, long gfn, int access, long gen) {
    first.markMmioSpte(cpu, sptep, gfn, access, gen);
    second.markMmioSpte(cpu, sptep, gfn, access, gen);
  }

  @Override
  public void checkMmioSpte(Cpu cpu, long spte, long kvmGen, long spteGen) {
    first.checkMmioSpte(cpu, spte, kvmGen, spteGen);
    second.checkMmioSpte(cpu, spte, kvmGen, spteGen);
  }

  @Override
  public void handleMmioPageFault(Cpu cpu, long address, long gfn, int access) {
    first.handleMmioPageFault(cpu, address, gfn, access);
    second.handleMmioPageFault(cpu, address, gfn, access);
  }

  @Override
  public void kvmUnmapHvaRange(Cpu cpu, long start, long end) {
    first.kvmUnmapHvaRange(cpu, start, end);
    second.kvmUnmapHvaRange(cpu, start, end);
  }

  @Override
  public void kvmAgeHva(Cpu cpu, long start, long end) {
    first.kvmAgeHva(cpu, start, end);
    second.kvmAgeHva(cpu, start, end);
  }

  @Override
  public void kvmTestAgeHva(Cpu cpu, long hva) {
    first.kvmTestAgeHva(cpu, hva);
    second.kvmTestAgeHva(cpu, hva);
  }

  @Override
  public void kvmDirtyRingPush(Cpu cpu, int ring, long dirty, long reset, int slot, long offset) {
    first.kvmDirtyRingPush(cpu, ring, dirty, reset, slot, offset);
    second.kvmDirtyRingPush(cpu, ring, dirty, reset, slot, offset);
  }

  @Override
  public void kvmDirtyRingReset(Cpu cpu, int ring, long dirty, long reset) {
    first.kvmDirtyRingReset(cpu, ring, dirty, reset);
    second.kvmDirtyRingReset(cpu, ring, dirty, reset);
  }
}
