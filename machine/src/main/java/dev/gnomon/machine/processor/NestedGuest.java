package dev.gnomon.machine.processor;

import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.NestedViolation;
import org.jspecify.annotations.Nullable;

/**
 * The guest of a guest: L1, a hypervisor, runs L2 on its vCPU.
 *
 * <p>While L2 runs, the vCPU's accesses, registers and page faults are L2's, translated by L2's own
 * tables and then, if L1 has given some, by L1's nested tables. What those refuse goes to L1: the
 * vCPU leaves L2, calls L1's {@link ViolationHandler}, and runs L2 again when that returns. The
 * guest's {@link PageFaultHandler} gets the page faults of both; {@link #isRunning} says whose one
 * is, and a hypervisor that shadows its guest's tables calls {@link #exit} there.
 *
 * <p>The TLB has no tags: each switch empties it. What L1 changes in nested tables under EPT
 * becomes visible with {@link #invalidate} (INVEPT), under NPT when L2 is run.
 *
 * <p>Used by the vCPU's CPU, inside the guest or out of it.
 */
public final class NestedGuest {

  /** L1's handler of what its nested tables refuse: code of L1, run in guest mode. */
  @FunctionalInterface
  public interface ViolationHandler {

    /** Handles a violation; L2 is then run again, unless this throws. */
    void violation(Vcpu vcpu, NestedViolation violation);
  }

  private final Vcpu vcpu;
  private final TranslationControl control;
  private final VcpuMmu mmu;
  private ViolationHandler handler =
      (who, violation) -> {
        throw new IllegalStateException("nobody handles " + violation);
      };
  private ControlRegisters l1 = ControlRegisters.RESET;
  private @Nullable ControlRegisters l2;
  private @Nullable NestedTables tables;

  NestedGuest(Vcpu vcpu, TranslationControl control, VcpuMmu mmu) {
    this.vcpu = vcpu;
    this.control = control;
    this.mmu = mmu;
  }

  /** Whether L2 runs. */
  public boolean isRunning() {
    return mmu.nested().isRunning();
  }

  /** Whether L1 can have nested tables: the host's processor must have two-dimensional paging. */
  public boolean offersTables() {
    return mmu.nested().offersTables();
  }

  /** Says who handles violations, from now on. */
  public void onViolation(ViolationHandler value) {
    handler = value;
  }

  /**
   * VMRUN, VMLAUNCH: L2 runs.
   *
   * @param registers L2's
   * @param nestedTables by which its physical addresses are translated; null: they are L1's, and
   *     L2's CR3 is one that L1 has made up
   * @throws IllegalStateException if L2 runs already, or L1 cannot have nested tables
   */
  public void run(ControlRegisters registers, @Nullable NestedTables nestedTables) {
    l1 = control.registers();
    tables = nestedTables;
    control.switchTo(
        registers,
        () -> mmu.nested().enter(vcpu.cpu(), nestedTables, registers),
        this::writesTables);
  }

  private boolean writesTables() {
    return mmu.nested().hasTables() ? mmu.nested().writesTables() : control.writesTables();
  }

  /**
   * L2 is left for L1, which has its registers of {@link #run} again; L2's are kept.
   *
   * @throws IllegalStateException if L2 does not run
   */
  public void exit() {
    ControlRegisters left = control.registers();
    control.switchTo(l1, () -> mmu.nested().leave(vcpu.cpu(), l1), control::writesTables);
    l2 = left;
  }

  /**
   * Runs L2 again where it was left, with the tables it had.
   *
   * @throws IllegalStateException if it was never left
   */
  public void resume() {
    resume(tables);
  }

  /** The same, with other nested tables. */
  public void resume(@Nullable NestedTables nestedTables) {
    ControlRegisters registers = l2;
    if (registers == null) {
      throw new IllegalStateException("L2 was not left");
    }
    run(registers, nestedTables);
  }

  /** The registers that L2 has, or had when it was left; null if it never ran. */
  public @Nullable ControlRegisters registers() {
    return isRunning() ? control.registers() : l2;
  }

  /**
   * INVEPT, or INVLPGA: what L1 has changed in nested tables is visible from now on, on this vCPU.
   */
  public void invalidate() {
    control.tell(() -> mmu.nested().flush(vcpu.cpu()));
  }

  /** L1's nested tables refuse an access of L2's. */
  void deliver(NestedViolation violation) {
    exit();
    handler.violation(vcpu, violation);
    if (!isRunning()) {
      resume();
    }
  }
}
