package dev.gnomon.mmu.track;

import dev.gnomon.mmu.platform.Cpu;

/** Another MMU of the same VM, which may map a gfn that must not be written unseen. */
@FunctionalInterface
public interface GfnProtection {
  /** There is no other. */
  GfnProtection NONE = (cpu, gfn) -> false;

  /**
   * Takes write permission away from what maps a gfn there, for good. Under the MMU lock for
   * writing.
   *
   * @return whether a flush must be made before the MMU lock is dropped
   */
  boolean writeProtect(Cpu cpu, long gfn);
}
