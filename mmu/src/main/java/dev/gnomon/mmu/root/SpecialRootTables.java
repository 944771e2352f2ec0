package dev.gnomon.mmu.root;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.shadow.ShadowRoot;

/**
 * The tables of special roots of one MMU context. Used by the vCPU's CPU only, outside guest mode.
 */
public interface SpecialRootTables {

  /**
   * Has ready what {@link #make} needs. Without the MMU lock.
   *
   * @throws dev.gnomon.mmu.platform.OutOfFramesException if the host has no frame left
   */
  void prepare(Cpu cpu, RootShape shape);

  /** Makes a root. Under the MMU lock for writing, inside a read section of the memslots. */
  ShadowRoot make(Cpu cpu, TableSource source, RootShape shape);

  /** Whether a root that {@link #make} has made may be kept for when its pgd is loaded again. */
  boolean isKept();

  /**
   * Whether PDPTEs that lie in memory, not in registers, are read again at each fault: if they are
   * no longer what the root was made of, it is dropped.
   */
  boolean verifiesPdptes();

  /** Gives back what it has. No root is left. */
  void close(Cpu cpu);
}
