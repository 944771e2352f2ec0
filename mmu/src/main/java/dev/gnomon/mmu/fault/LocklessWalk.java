package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.platform.Cpu;

/** Brackets a walk that is made without the MMU lock. */
public interface LocklessWalk {

  /** Before the first entry is read. */
  void begin(Cpu cpu);

  /** After the last entry was read or exchanged. */
  void end(Cpu cpu);
}
