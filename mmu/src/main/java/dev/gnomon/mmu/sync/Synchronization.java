package dev.gnomon.mmu.sync;

/**
 * Makes the locks and the like of a back end. One maker serves all that runs on one platform.
 *
 * <p>{@link WordSynchronization} makes them of words, which is what guests run on. An explorer may
 * bring others that pass the same contract and in which taking a lock is one step.
 *
 * <p>Called while a machine is put together, by one CPU.
 */
public abstract class Synchronization {

  /** A spin lock that nobody holds. */
  public abstract SpinLock spinLock();

  /** An MMU lock that nobody holds. */
  public abstract MmuLock mmuLock();

  /**
   * Read-copy-update with no reader.
   *
   * @param reclaimer what is done with a thing that was retired
   */
  public abstract ReadCopyUpdate readCopyUpdate(ReadCopyUpdate.Reclaimer reclaimer);

  /** A rendezvous of so many vCPUs, all outside guest mode. */
  public abstract Rendezvous rendezvous(int vcpus);
}
