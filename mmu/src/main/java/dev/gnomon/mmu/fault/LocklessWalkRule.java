package dev.gnomon.mmu.fault;

import dev.gnomon.mmu.sync.ReadCopyUpdate;

/** How a walk without the MMU lock keeps the tables under it from being freed: made once a VM. */
@FunctionalInterface
public interface LocklessWalkRule {

  /** The protection of walks over tables that are freed through {@code rcu}. */
  LocklessWalk create(ReadCopyUpdate rcu);
}
