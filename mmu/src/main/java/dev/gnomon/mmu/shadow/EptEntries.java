package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.EptEntry;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;

/**
 * Entries of a guest hypervisor's EPT. The privilege of an access is of no account. Immutable.
 *
 * @param hasAccessedDirty whether its EPTP has A and D kept
 * @param hasExecuteOnly whether its processor, as it is told, can execute what cannot be read
 */
record EptEntries(PagingFeatures features, boolean hasAccessedDirty, boolean hasExecuteOnly)
    implements EntryFormat {

  @Override
  public boolean isPresent(long gpte) {
    return EptEntry.isPresent(gpte);
  }

  @Override
  public boolean isLeaf(long gpte, int level) {
    return EptEntry.isLeaf(gpte, level);
  }

  @Override
  public boolean hasReservedBit(long gpte, int level) {
    return EptEntry.isMisconfigured(gpte, level, features, hasExecuteOnly);
  }

  @Override
  public long rights(long gpte) {
    return ((gpte & EptEntry.READ) != 0 ? GuestEntry.USER : 0)
        | ((gpte & EptEntry.WRITE) != 0 ? GuestEntry.WRITABLE : 0)
        | ((gpte & EptEntry.EXECUTE) != 0 ? 0 : GuestEntry.NO_EXECUTE);
  }

  @Override
  public long accessedBit() {
    return hasAccessedDirty ? EptEntry.ACCESSED : 0;
  }

  @Override
  public long dirtyBit() {
    return hasAccessedDirty ? EptEntry.DIRTY : 0;
  }

  @Override
  public int allowed(Privilege who, long rights) {
    return ((rights & GuestEntry.USER) != 0 ? Permissions.READ : 0)
        | ((rights & GuestEntry.WRITABLE) != 0 ? Permissions.WRITE : 0)
        | ((rights & GuestEntry.NO_EXECUTE) == 0 ? Permissions.EXECUTE : 0);
  }

  @Override
  public long codeNotPresent(Privilege who, AccessKind kind) {
    return FaultCode.of(kind) | FaultCode.USER;
  }

  @Override
  public long codeReserved(Privilege who, AccessKind kind) {
    return codeNotPresent(who, kind) | FaultCode.PRESENT | FaultCode.RESERVED;
  }

  @Override
  public long codeRefused(Privilege who, AccessKind kind, long rights) {
    return codeNotPresent(who, kind) | FaultCode.PRESENT;
  }
}
