package dev.gnomon.mmu.sync;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * How anyone gets the attention of vCPUs that run guest code.
 *
 * <p>Who wants something sets request bits, then looks whether the vCPU is in guest mode; a vCPU
 * that enters announces guest mode, then looks at its requests; a full barrier lies between in
 * both. So either the requester sees it in guest mode and waits for it to leave, or the vCPU sees
 * the request and does not enter. While in guest mode it looks at its request word before each
 * access; that is the kick (an IPI is taken between instructions), and whatever it did through its
 * TLB before is done when it leaves.
 */
public abstract class Rendezvous {

  /** How many vCPUs take part. */
  public abstract int vcpus();

  /**
   * Tries to enter guest mode.
   *
   * @return false, and the vCPU is outside, if there is a request: handle it and try again
   */
  public abstract boolean enter(int vcpu);

  /** Leaves guest mode. */
  public abstract void leave(int vcpu);

  /** Whether the vCPU is in guest mode. */
  public abstract boolean isInGuestMode(int vcpu);

  /** Whether there is any request for the vCPU. */
  public abstract boolean isRequested(int vcpu);

  /**
   * The words whose first holds the vCPU's requests, 0 if there are none: for its poll before each
   * guest access.
   */
  public abstract SharedWords requests(int vcpu);

  /** Takes those of the requests in {@code mask} that are set, clearing them. */
  public abstract long take(int vcpu, long mask);

  /**
   * Sets requests of one vCPU. It notices when it next enters or, in guest mode, before its next
   * access.
   */
  public abstract void request(int vcpu, long bits);

  /** Sets requests of every vCPU, then waits until each that was in guest mode has left it. */
  public abstract void requestAllAndWait(Cpu cpu, long bits);

  /**
   * Waits until the vCPU, if it is in guest mode, has left it. A request must have been set before.
   */
  public abstract void awaitExit(Cpu cpu, int vcpu);

  /** Waits until the vCPU has a request. For a vCPU outside guest mode that has nothing to do. */
  public abstract void awaitRequest(Cpu cpu, int vcpu);
}
