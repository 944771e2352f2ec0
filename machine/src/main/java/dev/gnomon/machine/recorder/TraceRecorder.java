package dev.gnomon.machine.recorder;

import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.spte.SpteFormat;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * The events of a VM as lines, in the form of the normalised recordings: frames by their gfn, pages
 * of entries by the order of their first appearance.
 */
final class TraceRecorder extends Tracepoints {
  private final List<String> lines = new ArrayList<>();
  private final Map<Long, Long> gfnOfPfn = new HashMap<>();
  private final Map<Long, String> nameOfTable = new HashMap<>();
  private long baseHvn;
  private int tablesSeen;

  /** Notes where the host-virtual frames of gfn 0 lie. */
  void setBaseHvn(long hvn) {
    baseHvn = hvn;
  }

  /** What was told so far. */
  List<String> lines() {
    return lines;
  }

  /** Adds a marker of the one who drives the VM. */
  void mark(String text) {
    int hva = text.indexOf(" hva ");
    lines.add("# " + (hva >= 0 ? text.substring(0, hva) : text));
  }

  @Override
  public boolean isOn() {
    return true;
  }

  private void add(String format, Object... arguments) {
    lines.add(String.format(format, arguments));
  }

  private String place(long sptep) {
    return table(sptep >>> 12) + "[" + Long.toHexString((sptep & 0xfff) >>> 3) + "]";
  }

  private String spte(long value, int level, long gfn) {
    if (!SpteFormat.isShadowPresent(value)) {
      return "nonpresent:" + Long.toHexString(value);
    }
    long pfn = SpteFormat.pfn(value);
    String bits = "|" + Long.toHexString(value & ~SpteFormat.ADDRESS_MASK);
    if (SpteFormat.isTable(value, level)) {
      return table(pfn) + bits;
    }
    if (gfn >= 0) {
      gfnOfPfn.putIfAbsent(pfn, gfn);
    }
    Long known = gfnOfPfn.get(pfn);
    return "g:" + (known == null ? "?" : Long.toHexString(known)) + bits;
  }

  private static String rights(long spte) {
    return ((spte & 1) != 0 ? "r" : "-")
        + ((spte & 2) != 0 ? "w" : "-")
        + (spte >= 0 ? "x" : "-")
        + ((spte & 4) != 0 ? "u" : "-");
  }

  private static String page(int gen, long gfn, int role, int rootCount, boolean isUnsync) {
    return String.format(
        "sp gen %d gfn %x l%d %d-byte q%d%s %s%s%s%s %snxe %sad root %d %s",
        gen,
        gfn,
        role & 0xf,
        (role & 0x10) != 0 ? 4 : 8,
        role >> 5 & 3,
        (role & 0x80) != 0 ? " direct" : "",
        (role & 0x200) != 0 ? "w" : "-",
        (role & 0x400) != 0 ? "u" : "-",
        (role & 0x100) != 0 ? "x" : "-",
        (role & 0x800) != 0 ? " invalid" : "",
        (role & 0x1000) != 0 ? "" : "!",
        (role & 0x10000) != 0 ? "!" : "",
        rootCount,
        isUnsync ? "unsync" : "sync");
  }

  @Override
  public void kvmMmuGetPage(
      Cpu cpu, int gen, long gfn, int role, int rootCount, boolean isUnsync, boolean isNew) {
    String page = page(gen, gfn, role, rootCount, isUnsync);
    add("kvm_mmu_get_page %s %s", page, isNew ? "new" : "existing");
  }

  @Override
  public void kvmMmuPrepareZapPage(
      Cpu cpu, int gen, long gfn, int role, int rootCount, boolean isUnsync) {
    add("kvm_mmu_prepare_zap_page %s", page(gen, gfn, role, rootCount, isUnsync));
  }

  @Override
  public void rootLoad(Cpu cpu, int vcpu, long hpa, int role) {
    String page = nameOfTable.getOrDefault(hpa >>> 12, "pae_root");
    add("root_load vcpu %d %s role %x", vcpu, page, role);
  }

  /** Names pages of the TDP MMU, which are told of as they appear, and no roots by themselves. */
  private String table(long pfn) {
    return nameOfTable.computeIfAbsent(pfn, any -> "SP" + tablesSeen++);
  }

  @Override
  public void spAlloc(Cpu cpu, long hpa, long gfn, int role) {
    nameOfTable.remove(hpa >>> 12);
    add("sp_alloc %s gfn %x level %d role %x", table(hpa >>> 12), gfn, role & 0xf, role);
  }

  @Override
  public void kvmMmuUnsyncPage(Cpu cpu, int gen, long gfn, int role, int rootCount) {
    add("kvm_mmu_unsync_page %s", page(gen, gfn, role, rootCount, false));
  }

  @Override
  public void kvmMmuSyncPage(Cpu cpu, int gen, long gfn, int role, int rootCount) {
    add("kvm_mmu_sync_page %s", page(gen, gfn, role, rootCount, true));
  }

  @Override
  public void kvmMmuSetAccessedBit(Cpu cpu, long gpa) {
    add("kvm_mmu_set_accessed_bit gpa %x", gpa);
  }

  @Override
  public void kvmMmuSetDirtyBit(Cpu cpu, long gpa) {
    add("kvm_mmu_set_dirty_bit gpa %x", gpa);
  }

  @Override
  public void kvmMmuWalkerError(Cpu cpu, long code) {
    String flags = code == 0 ? "" : FaultCode.describe(code);
    add("kvm_mmu_walker_error pferr %x %s", code, flags);
  }

  private void change(String what, int level, long sptep, long oldSpte, long newSpte) {
    String place = place(sptep);
    String old = spte(oldSpte, level, -1);
    add("spte_%s level %d %s: %s -> %s", what, level, place, old, spte(newSpte, level, -1));
  }

  @Override
  public void spteSet(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    change("set", level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteUpdate(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    change("update", level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteClear(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    change("clear", level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteClearNoTrack(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    change("clear_no_track", level, sptep, oldSpte, newSpte);
  }

  @Override
  public void spteAge(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    change("age", level, sptep, oldSpte, newSpte);
  }

  @Override
  public void rmapAdd(Cpu cpu, long gfn, int level, long sptep, int count) {
    add("rmap_add gfn %x level %d %s count %d", gfn, level, place(sptep), count);
  }

  @Override
  public void rmapRemove(Cpu cpu, long gfn, int level, long sptep, int count) {
    add("rmap_remove gfn %x level %d %s count %d", gfn, level, place(sptep), count);
  }

  @Override
  public void kvmMmuZapAllFast(Cpu cpu, int validGen, long usedPages) {
    add("kvm_mmu_zap_all_fast kvm-mmu-valid-gen %d used_pages %x", validGen, usedPages);
  }

  @Override
  public void kvmPageFault(Cpu cpu, int vcpu, long address, long code) {
    add("kvm_page_fault vcpu %d address 0x%016x error_code 0x%x", vcpu, address, code);
  }

  @Override
  public void kvmMmuSpteRequested(Cpu cpu, long gfn, long pfn, int level) {
    gfnOfPfn.put(pfn, gfn);
    add("kvm_mmu_spte_requested gfn %x level %d", gfn, level);
  }

  @Override
  public void kvmMmuSetSpte(Cpu cpu, int level, long gfn, long sptep, long spte) {
    String value = spte(spte, level, gfn);
    add(
        "kvm_mmu_set_spte gfn %x %s (%s) level %d at %s",
        gfn, value, rights(spte), level, place(sptep));
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
    String place = place(sptep);
    add(
        "fast_page_fault vcpu %d gva %x err %s at %s %s -> %s spurious %d fixed %d",
        vcpu,
        address,
        flags(code),
        place,
        spte(oldSpte, 1, -1),
        spte(newSpte, 1, -1),
        isSpurious ? 1 : 0,
        isFixed ? 1 : 0);
  }

  private static String flags(long code) {
    List<String> flags = new ArrayList<>();
    if ((code & FaultCode.PRESENT) != 0) {
      flags.add("P");
    }
    if ((code & FaultCode.WRITE) != 0) {
      flags.add("W");
    }
    if ((code & FaultCode.USER) != 0) {
      flags.add("U");
    }
    if ((code & FaultCode.FETCH) != 0) {
      flags.add("F");
    }
    if ((code & ~0x1fL) != 0) {
      flags.add("0x" + Long.toHexString(code & ~0x1fL));
    }
    return String.join("|", flags);
  }

  @Override
  public void spteFast(Cpu cpu, int level, long sptep, long oldSpte, long newSpte) {
    String place = place(sptep);
    String old = spte(oldSpte, level, -1);
    add("spte_fast level %d %s: %s -> %s", level, place, old, spte(newSpte, level, -1));
  }

  @Override
  public void kvmTdpMmuSpteChanged(
      Cpu cpu, int asId, long gfn, int level, long oldSpte, long newSpte) {
    String old = spte(oldSpte, level, gfn);
    String now = spte(newSpte, level, gfn);
    add("kvm_tdp_mmu_spte_changed as %d gfn %x level %d %s -> %s", asId, gfn, level, old, now);
  }

  @Override
  public void kvmMmuSplitHugePage(Cpu cpu, long gfn, long spte, int level, int errno) {
    String value = spte(spte, level, gfn);
    add("kvm_mmu_split_huge_page gfn %x %s level %d errno %d", gfn, value, level, errno);
  }

  @Override
  public void markMmioSpte(Cpu cpu, long sptep, long gfn, int access, long gen) {
    add("mark_mmio_spte gfn %x access %x gen %x", gfn, access, gen);
  }

  @Override
  public void checkMmioSpte(Cpu cpu, long spte, long kvmGen, long spteGen) {
    int valid = kvmGen == spteGen ? 1 : 0;
    add("check_mmio_spte spte %x kvm_gen %x spte-gen %x valid %d", spte, kvmGen, spteGen, valid);
  }

  @Override
  public void handleMmioPageFault(Cpu cpu, long address, long gfn, int access) {
    add("handle_mmio_page_fault addr:%x gfn %x access %x", address, gfn, access);
  }

  @Override
  public void kvmUnmapHvaRange(Cpu cpu, long start, long end) {
    add("kvm_unmap_hva_range %x-%x", gpa(start), gpa(end));
  }

  @Override
  public void kvmAgeHva(Cpu cpu, long start, long end) {
    add("kvm_age_hva %x-%x", gpa(start), gpa(end));
  }

  @Override
  public void kvmTestAgeHva(Cpu cpu, long hva) {
    add("kvm_test_age_hva %x", gpa(hva));
  }

  private long gpa(long hva) {
    return hva - (baseHvn << 12);
  }

  @Override
  public void kvmDirtyRingPush(Cpu cpu, int ring, long dirty, long reset, int slot, long offset) {
    add(
        "kvm_dirty_ring_push ring %d: dirty 0x%x reset 0x%x slot %d offset 0x%x (used %d)",
        ring, dirty, reset, slot, offset, dirty - reset);
  }

  @Override
  public void kvmDirtyRingReset(Cpu cpu, int ring, long dirty, long reset) {
    add(
        "kvm_dirty_ring_reset ring %d: dirty 0x%x reset 0x%x (used %d)",
        ring, dirty, reset, dirty - reset);
  }
}
