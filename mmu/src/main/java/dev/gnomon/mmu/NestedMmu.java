package dev.gnomon.mmu;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.fault.NestedPaging;
import dev.gnomon.mmu.fault.Paging;
import dev.gnomon.mmu.fault.RootPaging;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.shadow.L2Walker;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.slot.Memslots;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The contexts of a vCPU whose guest (L1) runs a guest of its own (L2).
 *
 * <p>The root context serves L1; L2 too where L1 has no nested tables for it, but shadows by
 * itself: then with pages in guest mode. Where L1 has nested tables, the guest context serves L2:
 * its pages shadow those tables. The nested context walks L2's own tables in software, where an
 * access is emulated. Each context keeps its roots while another is in use.
 *
 * <p>Used by the CPU that runs the vCPU, outside guest mode.
 */
public final class NestedMmu {
  /** No translation: L2's own tables refuse. */
  public static final long GUEST_FAULT = L2Walker.GUEST_FAULT;

  /** No translation: L1's tables refuse. */
  public static final long VIOLATION = L2Walker.VIOLATION;

  private final RootPaging root;
  private final @Nullable NestedPaging guest;
  private final Memslots memslots;
  private final Statistics statistics;
  private Paging active;
  private boolean isRunning;

  NestedMmu(
      RootPaging root, @Nullable NestedPaging guest, Memslots memslots, Statistics statistics) {
    this.root = root;
    this.guest = guest;
    this.memslots = memslots;
    this.statistics = statistics;
    active = root;
  }

  /** What serves the processor now. */
  Paging active() {
    return active;
  }

  /** Whether L2 runs. */
  public boolean isRunning() {
    return isRunning;
  }

  /** Whether L2 runs by nested tables of L1's. */
  public boolean hasTables() {
    return active != root;
  }

  /** Whether L1 can be offered nested tables: not where the host has no two-dimensional paging. */
  public boolean offersTables() {
    return guest != null;
  }

  private NestedPaging guest() {
    NestedPaging context = guest;
    if (context == null) {
      throw new IllegalStateException("the VM's configuration has no nested tables");
    }
    return context;
  }

  /** Says what L1 is offered of paging. Before it runs L2. */
  void setFeatures(Cpu cpu, PagingFeatures features) {
    if (guest != null) {
      guest.setFeatures(cpu, features);
    }
  }

  // --- the switch ---

  /**
   * L1 runs L2: VMRUN, VMLAUNCH, VMRESUME. The vCPU must flush its TLB before it enters the guest.
   *
   * @param tables L1's nested tables; null if it has none, and L2's CR3 is L1's doing
   * @param l2 the registers that L2 runs with
   * @throws IllegalStateException if L2 runs already, or nested tables are not offered
   */
  public void enter(Cpu cpu, @Nullable NestedTables tables, ControlRegisters l2) {
    if (isRunning) {
      throw new IllegalStateException("L2 runs already");
    }
    if (tables == null) {
      root.enterGuestMode(cpu, l2);
    } else {
      NestedPaging context = guest();
      context.enter(cpu, tables);
      active = context;
    }
    isRunning = true;
    statistics.count(cpu, Stat.NESTED_RUN);
  }

  /**
   * L2 is left for L1. The vCPU must flush its TLB before it enters the guest.
   *
   * @param l1 the registers that L1 runs with
   */
  public void leave(Cpu cpu, ControlRegisters l1) {
    if (!isRunning) {
      throw new IllegalStateException("L2 does not run");
    }
    isRunning = false;
    if (active == root) {
      root.leaveGuestMode(cpu, l1);
    }
    active = root;
  }

  /**
   * INVEPT, INVLPGA, or VMRUN with a flush: what L1 has changed in nested tables is visible when L2
   * runs again.
   */
  public void flush(Cpu cpu) {
    if (guest != null) {
      guest.flush(cpu);
    }
  }

  // --- while L2 runs by nested tables ---

  /** Whether each access to a table of L2's is a write, for L1's tables. */
  public boolean writesTables() {
    return guest().writesTables();
  }

  /**
   * Translates an L2-physical address by L1's tables, setting A and D in them as the access does.
   *
   * @param where {@link FaultCode#GUEST_FINAL} or {@link FaultCode#GUEST_PAGE}
   * @return the gpa, or {@link #VIOLATION}: see {@link #violation}
   */
  public long translate(Cpu cpu, long ngpa, AccessKind kind, long where) {
    memslots.enter(cpu);
    try {
      long gpa = guest().translateNested(cpu, ngpa, kind, where);
      return gpa < 0 ? VIOLATION : gpa;
    } finally {
      memslots.leave(cpu);
    }
  }

  /**
   * The nested context: translates an L2-virtual address through L2's tables and L1's, setting A
   * and D in both as the access does.
   *
   * @param registers those that L2 runs with
   * @param pdptes L2's, as they were loaded; of no account without PAE paging
   * @return the gpa; {@link #GUEST_FAULT}: L2 gets a fault of {@link #guestFaultCode}; {@link
   *     #VIOLATION}: L1 gets {@link #violation}
   */
  public long translate(
      Cpu cpu,
      ControlRegisters registers,
      long[] pdptes,
      long gva,
      AccessKind kind,
      Privilege who) {
    memslots.enter(cpu);
    try {
      return guest().translate(cpu, registers, pdptes, gva, kind, who);
    } finally {
      memslots.leave(cpu);
    }
  }

  /** The error code of L2's fault that the last translation has ended in. */
  public long guestFaultCode() {
    return guest().guestFaultCode();
  }

  /**
   * What L1's processor reports of the access that L1's tables have refused last.
   *
   * @param gva the L2-virtual address that was accessed
   * @param isAddressKnown whether there was one: not where PDPTEs were loaded
   */
  public NestedViolation violation(long gva, boolean isAddressKnown) {
    return guest().violation(gva, isAddressKnown);
  }

  /** The VMM has written bytes of L1's memory: perhaps one of its nested tables. */
  void written(Cpu cpu, long gpa, int size) {
    if (guest != null) {
      guest.written(cpu, gpa, size);
    }
  }

  /** Drops the roots that are obsolete, of every context. */
  void dropObsolete(Cpu cpu) {
    root.dropObsolete(cpu);
    if (guest != null) {
      guest.dropObsolete(cpu);
    }
  }

  /** Drops the roots of every context. */
  void unload(Cpu cpu) {
    root.unload(cpu);
    if (guest != null) {
      guest.unload(cpu);
    }
  }

  /** Every root of the guest context, loaded or kept. */
  void forEachRoot(Consumer<ShadowRoot> taker) {
    if (guest != null) {
      guest.forEachRoot(taker);
    }
  }

  /** Gives back what belongs to the vCPU alone. */
  void close(Cpu cpu) {
    if (guest != null) {
      guest.close(cpu);
    }
  }
}
