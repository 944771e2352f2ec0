package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.platform.Cpu;

/**
 * The root context of a vCPU: its guest runs by it, and L2 too where L1 has no nested tables for
 * it. What L2 uses then are pages of its own, in guest mode.
 */
public interface RootPaging extends Paging {

  /** L1 runs L2 without nested tables. */
  void enterGuestMode(Cpu cpu, ControlRegisters l2);

  /** L2 is left for L1. */
  void leaveGuestMode(Cpu cpu, ControlRegisters l1);
}
