package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.dirty.DirtyMarker;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.make.SpteWriter;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.SpteWords;

/**
 * Fixes an entry without the MMU lock: sets W where the MMU has given leave (MMU-writable), brings
 * an access-tracked entry back.
 *
 * <p>Only an entry that still is what was read is exchanged, so whoever zaps or protects it
 * meanwhile wins. Another vCPU may write through the new W before the gfn is marked dirty here; so
 * the last drain of the log waits until every vCPU has left its fault handler. Only for direct
 * tables: there an entry's place says its gfn, whatever the entry says. {@link
 * FastFaultRule#fixesIndirect} tries it elsewhere.
 */
final class FastPageFault {
  private static final int ATTEMPTS = 4;

  private final SpteWords words;
  private final SpteFormat format;
  private final SpteWriter writer;
  private final DirtyMarker marker;
  private final LocklessWalk walk;
  private final FastFaultRule rule;
  private final Tracepoints trace;

  FastPageFault(
      SpteWords words,
      SpteFormat format,
      SpteWriter writer,
      DirtyMarker marker,
      LocklessWalk walk,
      FastFaultRule rule,
      Tracepoints trace) {
    this.words = words;
    this.format = format;
    this.writer = writer;
    this.marker = marker;
    this.walk = walk;
    this.rule = rule;
    this.trace = trace;
  }

  /** Whether to try it for a fault. */
  boolean isTried(boolean isPresent, boolean isWrite) {
    return rule.isTried(format.kind(), format.hasAccessedDirty(), isPresent, isWrite);
  }

  /**
   * Tries: FIXED, SPURIOUS, or INVALID (take the slow path).
   *
   * @param topPfn the topmost table on the way to the gpa
   * @param topLevel its level
   */
  FaultResult fix(Cpu cpu, long topPfn, int topLevel, MemslotArray slots, long gpa, long code) {
    return fix(cpu, topPfn, topLevel, slots, gpa, PhysicalMemory.pfn(gpa), code);
  }

  /** Whether to try it under the guest's own tables. */
  boolean isTriedIndirect(boolean isPresent, boolean isWrite) {
    return rule.fixesIndirect() && isTried(isPresent, isWrite);
  }

  /**
   * As {@link #fix(Cpu, long, int, MemslotArray, long, long)}, where the tables are indexed by
   * another address.
   *
   * @param address by which the tables are indexed
   * @param gfn what they are taken to map there
   */
  FaultResult fix(
      Cpu cpu, long topPfn, int topLevel, MemslotArray slots, long address, long gfn, long code) {
    walk.begin(cpu);
    FaultResult result = FaultResult.RETRY;
    for (int left = ATTEMPTS; result == FaultResult.RETRY && left > 0; left--) {
      result = attempt(cpu, topPfn, topLevel, slots, address, gfn, code, left == 1);
    }
    walk.end(cpu);
    return result == FaultResult.RETRY ? FaultResult.INVALID : result;
  }

  private FaultResult attempt(
      Cpu cpu,
      long topPfn,
      int topLevel,
      MemslotArray slots,
      long address,
      long gfn,
      long code,
      boolean isLast) {
    long page = PhysicalMemory.pfn(address);
    int level = topLevel;
    long sptep = entry(topPfn, page, level);
    long spte = words.getLockless(sptep);
    while (SpteFormat.isTable(spte, level)) {
      level--;
      sptep = entry(SpteFormat.pfn(spte), page, level);
      spte = words.getLockless(sptep);
    }
    FaultResult result = fixEntry(cpu, slots, gfn, code, sptep, spte, level);
    if (trace.isOn() && (result != FaultResult.RETRY || isLast)) {
      long now = words.getLockless(sptep);
      boolean isSpurious = result == FaultResult.SPURIOUS;
      boolean isFixed = result == FaultResult.FIXED;
      trace.fastPageFault(cpu, cpu.index(), address, code, sptep, spte, now, isSpurious, isFixed);
    }
    return result;
  }

  private FaultResult fixEntry(
      Cpu cpu, MemslotArray slots, long gfn, long code, long sptep, long spte, int level) {
    boolean isWrite = (code & FaultCode.WRITE) != 0;
    boolean isFetch = (code & FaultCode.FETCH) != 0;
    if (!SpteFormat.isShadowPresent(spte)) {
      return FaultResult.INVALID;
    }
    if (format.allows(spte, isWrite, isFetch)) {
      return FaultResult.SPURIOUS;
    }
    long fixed = format.isAccessTracked(spte) ? format.restoreAccessTracked(spte) : spte;
    boolean setsWritable = isWrite && format.isMmuWritable(spte);
    if (setsWritable) {
      Memslot slot = slots.find(gfn);
      boolean isLargeLogged = level > PageLevel.LEVEL_4K && slot != null && slot.isDirtyLogged();
      if (isLargeLogged && !rule.fixesLargeLogged()) {
        // Only the one gfn would be marked: the slow path splits it.
        return FaultResult.INVALID;
      }
      fixed |= SpteFormat.WRITABLE;
    }
    if (fixed == spte || !format.allows(fixed, isWrite, isFetch)) {
      return FaultResult.INVALID;
    }
    if (!install(sptep, spte, fixed, level)) {
      return FaultResult.RETRY;
    }
    trace.spteFast(cpu, level, sptep, spte, fixed);
    if (setsWritable) {
      Memslot slot = slots.find(gfn);
      if (slot != null) {
        marker.mark(cpu, slot, gfn);
      }
    }
    return FaultResult.FIXED;
  }

  private boolean install(long sptep, long spte, long fixed, int level) {
    if (rule.isExchanged()) {
      return writer.tryReplace(sptep, spte, fixed, level);
    }
    writer.storeUnchecked(sptep, spte, fixed);
    return true;
  }

  private static long entry(long pfn, long gfn, int level) {
    return PhysicalMemory.hpa(pfn) + 8L * PageLevel.indexOfFrame(gfn, level);
  }
}
