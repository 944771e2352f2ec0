package dev.gnomon.machine.guest.script;

import dev.gnomon.mmu.arch.ControlRegisters;

/** The page tables with which a script's guest begins. */
sealed interface InitialTables permits IdentityTables, StatedTables {

  /** The registers that use them. */
  ControlRegisters registers();
}
