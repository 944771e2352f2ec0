package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.testing.HardwareWalk.Translation;
import dev.gnomon.mmu.tlb.Requests;
import java.util.EnumMap;
import java.util.Map;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;

/**
 * A processor that runs one access of its guest at a time. It stays in guest mode between accesses,
 * with all that its TLB holds, until it is kicked or faults.
 */
public final class TestVcpu {
  private static final int ATTEMPTS = 10;

  /** How an access ended. */
  public enum Outcome {
    /** The guest's own access reached memory. */
    DONE,
    /** Left to the VMM: MMIO, or memory that may not be written. */
    EMULATE,
    /** Left to the VMM: a write to a write-tracked page. */
    WRITE_PROTECTED
  }

  private final int index;
  private final Cpu cpu;
  private final TestMemory memory;
  private final Mmu mmu;
  private final VcpuMmu vcpuMmu;
  private final HardwareWalk hardware;
  private final TestTlb tlb = new TestTlb();
  private final Map<FaultResult, Integer> results = new EnumMap<>(FaultResult.class);
  private Runnable ringFull = () -> {};
  private boolean isInGuest;
  private long value;
  private boolean hasWalked;

  TestVcpu(int index, TestPlatform platform, Mmu mmu) {
    this.index = index;
    this.mmu = mmu;
    cpu = platform.cpu(index);
    memory = platform.memory();
    vcpuMmu = mmu.vcpu(index);
    hardware = new HardwareWalk(memory, mmu.config());
  }

  /** Its CPU. */
  public Cpu cpu() {
    return cpu;
  }

  /** Its MMU. */
  public VcpuMmu mmu() {
    return vcpuMmu;
  }

  /**
   * Decides at each lookup whether the TLB still holds what it once held; it holds nothing at
   * first.
   */
  public void tlbHolds(BooleanSupplier choice) {
    tlb.choose(choice);
  }

  /** What the VMM does when the dirty ring is full. */
  public void onRingFull(Runnable makeRoom) {
    ringFull = makeRoom;
  }

  /** Reads a page's word; what it read is {@link #value}. */
  public Outcome read(long gfn) {
    return access(gfn, AccessKind.READ, 0);
  }

  /** Executes from a page. */
  public Outcome fetch(long gfn) {
    return access(gfn, AccessKind.FETCH, 0);
  }

  /** Writes a page's word. */
  public Outcome write(long gfn, long newValue) {
    return access(gfn, AccessKind.WRITE, newValue);
  }

  /** What the last read or fetch found. */
  public long value() {
    return value;
  }

  /** Whether the last access looked at the page tables, rather than at its TLB alone. */
  public boolean hasWalked() {
    return hasWalked;
  }

  /** How often a fault ended so. */
  public int results(FaultResult result) {
    return results.getOrDefault(result, 0);
  }

  /** Makes an access, however many faults it takes. */
  public Outcome access(long gfn, AccessKind kind, long newValue) {
    long gpa = PhysicalMemory.hpa(gfn) + TestHost.WORD;
    hasWalked = false;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      enter();
      Translation translation = translate(gpa, kind);
      if (translation != null) {
        long hpa = translation.hpa(gpa);
        if (kind == AccessKind.WRITE) {
          memory.setLong(hpa, newValue);
        } else {
          value = memory.getLong(hpa);
        }
        return Outcome.DONE;
      }
      exit();
      if (!hardware.isLogFull()) {
        FaultResult result = fault(gpa, code(kind));
        if (result == FaultResult.EMULATE) {
          return Outcome.EMULATE;
        }
        if (result == FaultResult.WRITE_PROTECTED) {
          return Outcome.WRITE_PROTECTED;
        }
      }
    }
    throw new AssertionError(
        kind + " of gfn " + Long.toHexString(gfn) + " faults without end: " + results);
  }

  /** Loads a translation as a speculating processor may, if the tables have one. */
  public void speculate(long gfn) {
    enter();
    long gpa = PhysicalMemory.hpa(gfn);
    Translation walked = hardware.walk(vcpuMmu.rootHpa(), gpa, AccessKind.READ, null);
    if (walked != null) {
      tlb.fill(gfn, walked);
    }
  }

  /** Walks once and handles the fault, if there is one: one round of an access. */
  public FaultResult faultOnce(long gfn, AccessKind kind) {
    enter();
    long gpa = PhysicalMemory.hpa(gfn) + TestHost.WORD;
    Translation walked = hardware.walk(vcpuMmu.rootHpa(), gpa, kind, vcpuMmu.pml());
    if (walked != null) {
      throw new AssertionError(kind + " of gfn " + Long.toHexString(gfn) + " does not fault");
    }
    exit();
    return fault(gpa, code(kind));
  }

  /**
   * Whether the page tables allow an access as they stand; as a walk, it sets A (and D on a write).
   */
  public boolean walks(long gfn, AccessKind kind) {
    ensureRoot();
    long gpa = PhysicalMemory.hpa(gfn) + TestHost.WORD;
    return hardware.walk(vcpuMmu.rootHpa(), gpa, kind, vcpuMmu.pml()) != null;
  }

  /** Hands a fault to the MMU as it is. */
  public FaultResult fault(long gpa, long code) {
    ensureRoot();
    FaultResult result = vcpuMmu.handleFault(cpu, gpa, code);
    results.merge(result, 1, Integer::sum);
    return result;
  }

  /** The code that the last walk failed with, for an access of a kind. */
  private long code(AccessKind kind) {
    return hardware.fault() | FaultCode.of(kind) | FaultCode.USER | FaultCode.GUEST_FINAL;
  }

  private @Nullable Translation translate(long gpa, AccessKind kind) {
    long gfn = PhysicalMemory.pfn(gpa);
    Translation cached = tlb.translation(gfn, kind);
    if (cached != null) {
      return cached;
    }
    hasWalked = true;
    PmlBuffer pml = vcpuMmu.pml();
    long table = tlb.table(gfn);
    Translation walked =
        table >= 0
            ? hardware.walkFrom(table, 1, gpa, kind, pml)
            : hardware.walk(vcpuMmu.rootHpa(), gpa, kind, pml);
    if (walked == null) {
      tlb.drop(gfn);
    } else {
      tlb.fill(gfn, walked);
    }
    return walked;
  }

  /** Enters guest mode, having done what was asked of it. */
  public void enter() {
    while (!isInGuest || mmu.rendezvous().isRequested(index)) {
      exit();
      long requests = mmu.rendezvous().take(index, Requests.ALL);
      if ((requests & Requests.TLB_FLUSH) != 0) {
        tlb.flush();
      }
      if ((requests & Requests.RELOAD_ROOT) != 0) {
        vcpuMmu.dropObsoleteRoots(cpu);
      }
      ensureRoot();
      if (vcpuMmu.isRingFull()) {
        ringFull.run();
        if (vcpuMmu.isRingFull()) {
          throw new AssertionError("nobody makes room in the dirty ring");
        }
      }
      isInGuest = mmu.rendezvous().enter(index);
    }
  }

  /**
   * Leaves guest mode. What the processor logged is reported before anyone can see that it left.
   */
  public void exit() {
    if (isInGuest) {
      isInGuest = false;
      vcpuMmu.drainPml(cpu);
      mmu.rendezvous().leave(index);
    }
  }

  /** Takes an interrupt, if there is one to take. */
  void interrupt() {
    if (isInGuest && mmu.rendezvous().isRequested(index)) {
      exit();
    }
  }

  private void ensureRoot() {
    if (!vcpuMmu.hasRoot()) {
      vcpuMmu.loadRoot(cpu);
      tlb.flush();
    }
  }

  /** Stops for good. */
  public void stop() {
    exit();
    vcpuMmu.unloadRoot(cpu);
    tlb.flush();
  }
}
