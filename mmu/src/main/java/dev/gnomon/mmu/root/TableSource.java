package dev.gnomon.mmu.root;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.shadow.GuestFormat;

/**
 * What one MMU context of a vCPU translates by now: the guest's own tables, those that the guest
 * keeps for a guest of its own, or none.
 */
public interface TableSource {

  /** How those tables are laid out. */
  GuestFormat guest();

  /** The role of a root for them. */
  int rootRole();

  /** The value by which they are loaded: two roots of one role and one pgd translate alike. */
  long pgd();

  /** The gpa of the top table. */
  long topTable();

  /** The four PDPTEs, where there are such, as they were loaded. */
  long[] pdptes();

  /**
   * Reads again what lies in guest memory and is not read by walks: PDPTEs that no register keeps.
   * Called before a root is made, inside a read section of the memslots, without the MMU lock, as
   * reading guest memory may have to wait for the host.
   */
  default void refresh(Cpu cpu) {}
}
