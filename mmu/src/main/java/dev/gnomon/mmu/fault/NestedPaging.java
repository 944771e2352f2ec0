package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.root.LoadedRoots;
import dev.gnomon.mmu.root.NestedSource;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.GuestFormat;
import dev.gnomon.mmu.shadow.GuestWalk;
import dev.gnomon.mmu.shadow.L2Walker;
import dev.gnomon.mmu.shadow.ShadowFault;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.table.Role;
import java.util.function.Consumer;

/**
 * The guest context of a vCPU: while L1 runs L2 with nested tables of its own, those are shadowed,
 * and the processor walks the shadow: L2-physical address (ngpa) to host-physical address. And the
 * nested context, in software alone: L2's own tables, each step of which is translated by L1's.
 *
 * <p>Every nested access is one of user code. What L1's tables refuse is a violation, for L1.
 */
public final class NestedPaging implements Paging {
  private final ShadowFaults faults;
  private final NestedSource source;
  private final LoadedRoots roots;
  private final ShadowMmu shadow;
  private final Memslots memslots;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;
  private final L2Walker l2Walker;
  private final ShadowFault fault = new ShadowFault();
  private final GuestWalk emulation = new GuestWalk();
  private final MmioCache mmioCache = new MmioCache();

  // The violation that a fault or a translation has ended in.

  private long violationNgpa;
  private long violationCode;
  private boolean isReserved;
  private int refusedAccess;

  private long guestFaultCode;

  public NestedPaging(
      ShadowFaults faults,
      NestedSource source,
      LoadedRoots roots,
      Foundation base,
      ShadowMmu shadow) {
    this.faults = faults;
    memslots = base.memslots();
    mmuLock = base.mmuLock();
    rcu = base.rcu();
    this.source = source;
    this.roots = roots;
    this.shadow = shadow;
    l2Walker = new L2Walker(shadow);
  }

  /** Says what L1 is offered of paging. Before it runs L2. */
  public void setFeatures(Cpu cpu, PagingFeatures features) {
    source.setFeatures(features);
    roots.unloadAll(cpu);
  }

  /**
   * L1 runs L2. Under NPT each entry of L2 makes L1's changes visible, as KVM has it; under EPT,
   * L1's INVEPT does.
   */
  public void enter(Cpu cpu, NestedTables tables) {
    source.set(tables);
    roots.switchRoot(cpu);
    if (tables.mode() == PagingMode.PAE) {
      // Its PDPTEs may be others now, and no root tells of which it was made.
      roots.releaseCurrent(cpu);
    }
    if (tables instanceof NestedTables.Npt) {
      roots.flushedCurrent();
    }
  }

  /** What L1 has changed in its nested tables must be visible when it runs L2 again. */
  public void flush(Cpu cpu) {
    roots.flushedAll(cpu);
    roots.releaseCurrent(cpu);
  }

  /** Whether L1's own tables have A and D: then accesses to L2's tables count as writes. */
  public boolean writesTables() {
    return switch (source.tables()) {
      case NestedTables.Npt npt -> true;
      case NestedTables.Ept ept -> ept.hasAccessedDirty();
    };
  }

  @Override
  public boolean isReady() {
    return roots.isReady();
  }

  @Override
  public void prepare(Cpu cpu) {
    if (!roots.isReady()) {
      roots.load(cpu);
    }
  }

  @Override
  public void dropObsolete(Cpu cpu) {
    roots.dropObsolete(cpu);
  }

  @Override
  public void unload(Cpu cpu) {
    roots.unloadAll(cpu);
  }

  /** The VMM has written bytes of L1's memory, within one page: perhaps one of its tables. */
  public void written(Cpu cpu, long gpa, int size) {
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    shadow.written(cpu, source.guest(), gpa, size);
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  /** Every root, loaded or kept: for an audit. */
  public void forEachRoot(Consumer<ShadowRoot> taker) {
    roots.forEach(taker);
  }

  /** Gives back what belongs to the vCPU alone. */
  public void close(Cpu cpu) {
    roots.close(cpu);
  }

  @Override
  public long rootHpa() {
    return roots.get().hpa();
  }

  @Override
  public int rootLevel() {
    return Role.level(roots.get().role());
  }

  @Override
  public FaultResult handle(Cpu cpu, long ngpa, long code, Privilege who) {
    // What is remembered of MMIO is remembered by gpa in KVM, of which this is none.
    mmioCache.clear();
    FaultResult result =
        faults.handle(cpu, source, roots, mmioCache, fault, ngpa, code, Privilege.USER);
    if (result == FaultResult.NESTED_VIOLATION) {
      refused(fault.walk(), ngpa, code);
    }
    return result;
  }

  private void refused(GuestWalk walk, long ngpa, long code) {
    violationNgpa = ngpa;
    isReserved = (walk.faultCode() & FaultCode.RESERVED) != 0;
    refusedAccess = walk.refusedAccess();
    long where = FaultCode.GUEST_FINAL | FaultCode.GUEST_PAGE;
    violationCode = walk.faultCode() | code & where;
  }

  // --- in software, for accesses that are emulated ---

  /**
   * Translates an ngpa, for an access of a kind.
   *
   * @param where {@link FaultCode#GUEST_FINAL} or {@link FaultCode#GUEST_PAGE}
   * @return the gpa, or -1: see {@link #violation}
   */
  public long translateNested(Cpu cpu, long ngpa, AccessKind kind, long where) {
    if (!shadow.walk(
        cpu,
        source.guest(),
        source.topTable(),
        source.pdptes(),
        ngpa,
        kind,
        Privilege.USER,
        emulation)) {
      refused(emulation, ngpa, where);
      return -1;
    }
    return PhysicalMemory.hpa(emulation.gfn()) | ngpa & PhysicalMemory.FRAME_SIZE - 1;
  }

  /**
   * Translates an L2-virtual address through L2's tables and L1's, setting A and D in both as the
   * access does. Inside a read section of the memslots.
   *
   * @param registers those that L2 runs with
   * @param pdptes L2's, as they were loaded
   * @return the gpa, {@link L2Walker#GUEST_FAULT}, or {@link L2Walker#VIOLATION}
   */
  public long translate(
      Cpu cpu,
      ControlRegisters registers,
      long[] pdptes,
      long gva,
      AccessKind kind,
      Privilege who) {
    GuestFormat format = new GuestFormat(registers, source.guest().features());
    AccessKind tableKind = writesTables() ? AccessKind.WRITE : AccessKind.READ;
    long gpa = l2Walker.walk(cpu, format, pdptes, gva, kind, who, tableKind, this::translateNested);
    guestFaultCode = l2Walker.faultCode();
    return gpa;
  }

  /** The error code of L2's fault that the last translation has ended in. */
  public long guestFaultCode() {
    return guestFaultCode;
  }

  // --- what L1 is told ---

  /**
   * The last violation, as L1's processor reports it.
   *
   * @param gva the L2-virtual address that was accessed
   * @param isAddressKnown whether there was one: not where PDPTEs were loaded
   */
  public NestedViolation violation(long gva, boolean isAddressKnown) {
    return switch (source.tables()) {
      case NestedTables.Npt npt ->
          new NestedViolation(
              NestedViolation.Kind.NESTED_PAGE_FAULT, violationNgpa, violationCode, gva);
      case NestedTables.Ept ept -> {
        NestedViolation.Kind kind =
            isReserved
                ? NestedViolation.Kind.EPT_MISCONFIGURATION
                : NestedViolation.Kind.EPT_VIOLATION;
        long qualification = isReserved ? 0 : qualification(ept, isAddressKnown);
        yield new NestedViolation(kind, violationNgpa, qualification, gva);
      }
    };
  }

  private long qualification(NestedTables.Ept ept, boolean isAddressKnown) {
    boolean isTable = (violationCode & FaultCode.GUEST_PAGE) != 0;
    boolean isWrite = (violationCode & FaultCode.WRITE) != 0;
    boolean isFetch = (violationCode & FaultCode.FETCH) != 0;
    long access = NestedViolation.EPT_READ;
    if (isTable && ept.hasAccessedDirty()) {
      access = NestedViolation.EPT_READ | NestedViolation.EPT_WRITE;
    } else if (isWrite) {
      access = NestedViolation.EPT_WRITE;
    } else if (isFetch) {
      access = NestedViolation.EPT_FETCH;
    }
    long allowed =
        ((refusedAccess & Role.USER) != 0 ? NestedViolation.EPT_READ : 0)
            | ((refusedAccess & Role.WRITE) != 0 ? NestedViolation.EPT_WRITE : 0)
            | ((refusedAccess & Role.EXECUTE) != 0 ? NestedViolation.EPT_FETCH : 0);
    long address = isAddressKnown ? NestedViolation.EPT_ADDRESS_VALID : 0;
    long isFinal = isAddressKnown && !isTable ? NestedViolation.EPT_FINAL : 0;
    return access | allowed << NestedViolation.EPT_ALLOWED_SHIFT | address | isFinal;
  }
}
