package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.table.FaultResult;

/**
 * How one vCPU's processor is served with tables: by the TDP MMU, or by the shadow MMU. Used by the
 * vCPU's CPU, outside guest mode.
 */
public interface Paging {

  /** Whether the guest may be entered: a root is loaded, and in step with what it has flushed. */
  boolean isReady();

  /** Makes it so. Not inside a read section of the memslots. */
  void prepare(Cpu cpu);

  /** Drops roots that are obsolete. */
  void dropObsolete(Cpu cpu);

  /** Drops all roots. */
  void unload(Cpu cpu);

  /** Where the processor starts its walks. */
  long rootHpa();

  /** The level of the root; 3 is a root of four entries. */
  int rootLevel();

  /** Handles a fault of the processor's walk. Inside a read section of the memslots. */
  FaultResult handle(Cpu cpu, long address, long code, Privilege who);
}
