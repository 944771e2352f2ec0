package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.table.Mapping;
import dev.gnomon.mmu.table.Role;

/**
 * A fault on its way through the shadow MMU: what is to be mapped, where, and what the guest's
 * tables say. Reusable; owned by one vCPU.
 */
public final class ShadowFault {
  private final Mapping mapping = new Mapping();
  private final GuestWalk walk = new GuestWalk();
  private long address;
  private int access;

  /** Begins with a fault at an address whose gfn is not known yet. */
  public void begin(long faultAddress) {
    address = faultAddress;
    access = Role.ALL;
  }

  /** The access, the slot, the host's page. */
  public Mapping mapping() {
    return mapping;
  }

  /** What the guest's tables say. */
  public GuestWalk walk() {
    return walk;
  }

  /** Where it happened: a gva, or a gpa under direct TDP. */
  public long address() {
    return address;
  }

  /** What the entry shall allow. */
  public int access() {
    return access;
  }

  /** Says what the entry shall allow: bits of a {@link Role}. */
  public void setAccess(int value) {
    access = value;
  }

  /**
   * Emulates CR0.WP=0 with the processor's WP always set: a page that only the supervisor may write
   * is mapped for the supervisor alone. User code then faults, and gets it back read-only. With
   * SMEP, what is no user page any more must not be executed by the supervisor.
   */
  public void letSupervisorWrite(boolean isSmep) {
    access = (access | Role.WRITE) & ~Role.USER & (isSmep ? ~Role.EXECUTE : ~0);
  }
}
