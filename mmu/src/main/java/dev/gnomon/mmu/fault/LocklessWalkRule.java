package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.tlb.AnnouncedWalks;

/** How a walk without the MMU lock keeps the tables under it from being freed: made once a VM. */
public interface LocklessWalkRule {

  /** The protection of walks over the TDP MMU's tables, which are freed through {@code rcu}. */
  LocklessWalk create(ReadCopyUpdate rcu);

  /**
   * The protection of walks over the shadow MMU's tables. Who frees those waits for the walks that
   * were announced.
   */
  LocklessWalk create(AnnouncedWalks walks);
}
