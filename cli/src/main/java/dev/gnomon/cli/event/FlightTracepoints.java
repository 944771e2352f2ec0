package dev.gnomon.cli.event;

import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;

/**
 * Commits each event of a VM to the flight recorder, if that records it; else it costs a test.
 * Recordings are begun as ever: by {@code -XX:StartFlightRecording}, or {@code jcmd}.
 */
final class FlightTracepoints extends Tracepoints {
  FlightTracepoints() {}

  @Override
  public boolean isOn() {
    return new FlightEvents.FastPageFault().isEnabled()
        || new FlightEvents.KvmDirtyRingPush().isEnabled()
        || new FlightEvents.KvmDirtyRingReset().isEnabled();
  }

  @Override
  public void kvmMmuGetPage(
      Cpu cpu, int gen, long gfn, int role, int rootCount, boolean isUnsync, boolean isNew) {
    FlightEvents.KvmMmuGetPage event = new FlightEvents.KvmMmuGetPage();
    if (event.isEnabled()) {
      event.gen = gen;
      event.gfn = gfn;
      event.role = role;
      event.rootCount = rootCount;
      event.isUnsync = isUnsync;
      event.isNew = isNew;
      event.commit();
    }
  }

  @Override
  public void kvmMmuPrepareZapPage(
      Cpu cpu, int gen, long gfn, int role, int rootCount, boolean isUnsync) {
    FlightEvents.KvmMmuPrepareZapPage event = new FlightEvents.KvmMmuPrepareZapPage();
    if (event.isEnabled()) {
      event.gen = gen;
      event.gfn = gfn;
      event.role = role;
      event.rootCount = rootCount;
      event.isUnsync = isUnsync;
      event.commit();
    }
  }

  @Override
  public void rootLoad(Cpu cpu, int vcpu, long hpa, int role) {
    FlightEvents.RootLoad event = new FlightEvents.RootLoad();
    if (event.isEnabled()) {
      event.vcpu = vcpu;
      event.hpa = hpa;
      event.role = role;
      event.commit();
    }
  }

  @Override
  public void kvmMmuZapAllFast(Cpu cpu, int validGen, long usedPages) {
    FlightEvents.KvmMmuZapAllFast event = new FlightEvents.KvmMmuZapAllFast();
    if (event.isEnabled()) {
      event.validGen = validGen;
      event.usedPages = usedPages;
      event.commit();
    }
  }

  @Override
  public void kvmPageFault(Cpu cpu, int vcpu, long address, long code) {
    FlightEvents.KvmPageFault event = new FlightEvents.KvmPageFault();
    if (event.isEnabled()) {
      event.vcpu = vcpu;
      event.address = address;
      event.code = code;
      event.commit();
    }
  }

  @Override
  public void kvmMmuSpteRequested(Cpu cpu, long gfn, long pfn, int level) {
    FlightEvents.KvmMmuSpteRequested event = new FlightEvents.KvmMmuSpteRequested();
    if (event.isEnabled()) {
      event.gfn = gfn;
      event.pfn = pfn;
      event.level = level;
      event.commit();
    }
  }

  @Override
  public void kvmMmuSetSpte(Cpu cpu, int level, long gfn, long sptep, long spte) {
    FlightEvents.KvmMmuSetSpte event = new FlightEvents.KvmMmuSetSpte();
    if (event.isEnabled()) {
      event.level = level;
      event.gfn = gfn;
      event.sptep = sptep;
      event.spte = spte;
      event.commit();
    }
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
    FlightEvents.FastPageFault event = new FlightEvents.FastPageFault();
    if (event.isEnabled()) {
      event.vcpu = vcpu;
      event.address = address;
      event.code = code;
      event.sptep = sptep;
      event.oldSpte = oldSpte;
      event.newSpte = newSpte;
      event.isSpurious = isSpurious;
      event.isFixed = isFixed;
      event.commit();
    }
  }

  @Override
  public void spteFast(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    FlightEvents.SpteFast event = new FlightEvents.SpteFast();
    if (event.isEnabled()) {
      event.level = level;
      event.sptep = sptep;
      event.oldSpte = oldSpte;
      event.newSpte = newSpte;
      event.commit();
    }
  }

  @Override
  public void kvmTdpMmuSpteChanged(
      Cpu cpu, int asId, long gfn, int level, long oldSpte, long newSpte) {
    FlightEvents.KvmTdpMmuSpteChanged event = new FlightEvents.KvmTdpMmuSpteChanged();
    if (event.isEnabled()) {
      event.asId = asId;
      event.gfn = gfn;
      event.level = level;
      event.oldSpte = oldSpte;
      event.newSpte = newSpte;
      event.commit();
    }
  }

  @Override
  public void kvmMmuSplitHugePage(Cpu cpu, long gfn, long spte, int level, int errno) {
    FlightEvents.KvmMmuSplitHugePage event = new FlightEvents.KvmMmuSplitHugePage();
    if (event.isEnabled()) {
      event.gfn = gfn;
      event.spte = spte;
      event.level = level;
      event.errno = errno;
      event.commit();
    }
  }

  @Override
  public void markMmioSpte(Cpu cpu, long sptep, long gfn, int access, long gen) {
    FlightEvents.MarkMmioSpte event = new FlightEvents.MarkMmioSpte();
    if (event.isEnabled()) {
      event.sptep = sptep;
      event.gfn = gfn;
      event.access = access;
      event.gen = gen;
      event.commit();
    }
  }

  @Override
  public void checkMmioSpte(Cpu cpu, long spte, long kvmGen, long spteGen) {
    FlightEvents.CheckMmioSpte event = new FlightEvents.CheckMmioSpte();
    if (event.isEnabled()) {
      event.spte = spte;
      event.kvmGen = kvmGen;
      event.spteGen = spteGen;
      event.commit();
    }
  }

  @Override
  public void handleMmioPageFault(Cpu cpu, long address, long gfn, int access) {
    FlightEvents.HandleMmioPageFault event = new FlightEvents.HandleMmioPageFault();
    if (event.isEnabled()) {
      event.address = address;
      event.gfn = gfn;
      event.access = access;
      event.commit();
    }
  }

  @Override
  public void kvmUnmapHvaRange(Cpu cpu, long start, long end) {
    FlightEvents.KvmUnmapHvaRange event = new FlightEvents.KvmUnmapHvaRange();
    if (event.isEnabled()) {
      event.start = start;
      event.end = end;
      event.commit();
    }
  }

  @Override
  public void kvmAgeHva(Cpu cpu, long start, long end) {
    FlightEvents.KvmAgeHva event = new FlightEvents.KvmAgeHva();
    if (event.isEnabled()) {
      event.start = start;
      event.end = end;
      event.commit();
    }
  }

  @Override
  public void kvmTestAgeHva(Cpu cpu, long hva) {
    FlightEvents.KvmTestAgeHva event = new FlightEvents.KvmTestAgeHva();
    if (event.isEnabled()) {
      event.hva = hva;
      event.commit();
    }
  }

  @Override
  public void kvmDirtyRingPush(Cpu cpu, int ring, long dirty, long reset, int slot, long offset) {
    FlightEvents.KvmDirtyRingPush event = new FlightEvents.KvmDirtyRingPush();
    if (event.isEnabled()) {
      event.ring = ring;
      event.dirty = dirty;
      event.reset = reset;
      event.slot = slot;
      event.offset = offset;
      event.commit();
    }
  }

  @Override
  public void kvmDirtyRingReset(Cpu cpu, int ring, long dirty, long reset) {
    FlightEvents.KvmDirtyRingReset event = new FlightEvents.KvmDirtyRingReset();
    if (event.isEnabled()) {
      event.ring = ring;
      event.dirty = dirty;
      event.reset = reset;
      event.commit();
    }
  }

  // --- the shadow MMU's own ---

  @Override
  public void spAlloc(Cpu cpu, long hpa, long gfn, int role) {
    FlightShadowEvents.SpAlloc event = new FlightShadowEvents.SpAlloc();
    if (event.isEnabled()) {
      event.hpa = hpa;
      event.gfn = gfn;
      event.role = role;
      event.commit();
    }
  }

  @Override
  public void kvmMmuUnsyncPage(Cpu cpu, int gen, long gfn, int role, int rootCount) {
    commit(new FlightShadowEvents.KvmMmuUnsyncPage(), gen, gfn, role, rootCount);
  }

  @Override
  public void kvmMmuSyncPage(Cpu cpu, int gen, long gfn, int role, int rootCount) {
    commit(new FlightShadowEvents.KvmMmuSyncPage(), gen, gfn, role, rootCount);
  }

  private static void commit(
      FlightShadowEvents.PageEvent event, int gen, long gfn, int role, int rootCount) {
    if (event.isEnabled()) {
      event.gen = gen;
      event.gfn = gfn;
      event.role = role;
      event.rootCount = rootCount;
      event.commit();
    }
  }

  @Override
  public void kvmMmuSetAccessedBit(Cpu cpu, long gpa) {
    commit(new FlightShadowEvents.KvmMmuSetAccessedBit(), gpa);
  }

  @Override
  public void kvmMmuSetDirtyBit(Cpu cpu, long gpa) {
    commit(new FlightShadowEvents.KvmMmuSetDirtyBit(), gpa);
  }

  private static void commit(FlightShadowEvents.GuestEntryEvent event, long gpa) {
    if (event.isEnabled()) {
      event.gpa = gpa;
      event.commit();
    }
  }

  @Override
  public void kvmMmuWalkerError(Cpu cpu, long code) {
    FlightShadowEvents.KvmMmuWalkerError event = new FlightShadowEvents.KvmMmuWalkerError();
    if (event.isEnabled()) {
      event.code = code;
      event.commit();
    }
  }

  @Override
  public void spteSet(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    commit(new FlightShadowEvents.SpteSet(), level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteUpdate(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    commit(new FlightShadowEvents.SpteUpdate(), level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteClear(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    commit(new FlightShadowEvents.SpteClear(), level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteClearNoTrack(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    commit(new FlightShadowEvents.SpteClearNoTrack(), level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteAge(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    commit(new FlightShadowEvents.SpteAge(), level, sptep, oldSpte, newSpte);
  }

  private static void commit(
      FlightShadowEvents.SpteEvent event, int level, long sptep, long oldSpte, long newSpte) {
    if (event.isEnabled()) {
      event.level = level;
      event.sptep = sptep;
      event.oldSpte = oldSpte;
      event.newSpte = newSpte;
      event.commit();
    }
  }

  @Override
  public void rmapAdd(Cpu cpu, long gfn, int level, long sptep, int count) {
    commit(new FlightShadowEvents.RmapAdd(), gfn, level, sptep, count);
  }

  @Override
  public void rmapRemove(Cpu cpu, long gfn, int level, long sptep, int count) {
    commit(new FlightShadowEvents.RmapRemove(), gfn, level, sptep, count);
  }

  private static void commit(
      FlightShadowEvents.RmapEvent event, long gfn, int level, long sptep, int count) {
    if (event.isEnabled()) {
      event.gfn = gfn;
      event.level = level;
      event.sptep = sptep;
      event.count = count;
      event.commit();
    }
  }
}
