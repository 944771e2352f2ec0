package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.processor.NestedGuest;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import org.jspecify.annotations.Nullable;

/**
 * The L1 of a vCPU as far as it runs an L2: with nested tables where it can have them, else by
 * tables that it makes up for L2, in its own physical addresses.
 */
final class GuestHypervisor {
  private static final long NOT_NESTED = GuestLayout.PGE | GuestLayout.PCIDE | GuestLayout.PKE;

  private final FuzzConfig config;
  private final FuzzVm vm;
  private final int vcpu;
  private final NestedGuest nested;
  private final Mirror mirror;
  private final PagingFeatures features;
  private final HostSide hostSide;
  private final AccessOutcome outcome;

  private @Nullable GuestTranslation l2;
  private @Nullable Accesses accesses;
  private @Nullable NestedTables tables;

  GuestHypervisor(
      FuzzConfig config,
      FuzzVm vm,
      int vcpu,
      Mirror mirror,
      PagingFeatures features,
      HostSide hostSide) {
    this.config = config;
    this.vm = vm;
    this.vcpu = vcpu;
    this.mirror = mirror;
    this.features = features;
    this.hostSide = hostSide;
    nested = vm.vcpu(vcpu).nested();
    outcome = new AccessOutcome(vm.vcpu(vcpu), vm.watch(vcpu));
  }

  /** Whether L2 runs. */
  boolean isRunning() {
    return nested.isRunning();
  }

  /** L2's registers, while it runs. */
  @Nullable GuestTranslation l2() {
    return l2;
  }

  /** What does L2's accesses, while it runs. */
  @Nullable Accesses accesses() {
    return accesses;
  }

  /** A mode that L2 can have. PDPTEs that L1 refuses to have read are no part of this. */
  private PagingMode mode(long number) {
    PagingMode mode = GuestLayout.mode(config, number);
    return mode == PagingMode.PAE && !config.isShadow() ? PagingMode.BITS_32 : mode;
  }

  /** Tells what L1 writes for its L2: nested tables, and L2's window. */
  void writeTables(long number, long flags, long format, GuestLayout.EntryWriter writer) {
    NestedTables chosen = NestedLayout.format(config, format);
    if (chosen != null) {
      NestedLayout.write(chosen, writer);
    }
    GuestLayout.writeWindow(mode(number), flags, NestedLayout.L2_SHIFT, writer);
  }

  /** VMRUN, VMLAUNCH. */
  void run(long number, long flags, long format) {
    tables = NestedLayout.format(config, format);
    long offered = tables == null ? flags : flags & ~NOT_NESTED;
    long cr3 = GuestLayout.root(flags) + ((long) NestedLayout.L2_SHIFT << 12);
    ControlRegisters registers = GuestLayout.registers(config, mode(number), offered, cr3, 0);
    l2 = new GuestTranslation(config, vm, mirror, features);
    nested.invalidate();
    nested.run(registers, tables);
    running(l2, registers);
  }

  /** VMRESUME, if L2 has run before. */
  void resume() {
    GuestTranslation left = l2;
    if (left != null) {
      nested.invalidate();
      nested.resume();
      running(left, left.registers());
    }
  }

  private void running(GuestTranslation guest, ControlRegisters registers) {
    guest.load(registers);
    NestedTables chosen = tables;
    if (chosen == null) {
      accesses = new GuestAccess(vm, vcpu, mirror, guest, hostSide);
    } else {
      boolean hasExecuteOnly = config.mmu().executeOnly();
      TwoDimensionalWalk walk =
          new TwoDimensionalWalk(vm, mirror, chosen, features, hasExecuteOnly);
      accesses = new NestedAccess(vm, mirror, guest, walk, hostSide, outcome);
    }
  }

  /** L2 is left, if it runs. */
  void exit() {
    if (nested.isRunning()) {
      nested.exit();
    }
    settle();
  }

  /** L2 was left: what is uncertain of memory is looked at. */
  void settle() {
    if (accesses instanceof NestedAccess mine) {
      mine.settle();
    }
  }
}
