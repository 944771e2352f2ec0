package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;

/** Entries of page tables whose format follows from control registers. Immutable. */
final class RegisterEntries implements EntryFormat {
  private static final long RIGHTS =
      GuestEntry.WRITABLE | GuestEntry.USER | GuestEntry.NO_EXECUTE | GuestEntry.KEY_MASK;

  private final ControlRegisters registers;
  private final PagingFeatures features;
  private final Permissions permissions;

  RegisterEntries(ControlRegisters registers, PagingFeatures features) {
    this.registers = registers;
    this.features = features;
    permissions = new Permissions(registers);
  }

  @Override
  public boolean isPresent(long gpte) {
    return (gpte & GuestEntry.PRESENT) != 0;
  }

  @Override
  public boolean isLeaf(long gpte, int level) {
    return GuestEntry.isLeaf(gpte, level, registers);
  }

  @Override
  public boolean hasReservedBit(long gpte, int level) {
    return (gpte & GuestEntry.reservedBits(gpte, level, registers, features)) != 0;
  }

  @Override
  public long rights(long gpte) {
    return gpte & RIGHTS;
  }

  @Override
  public long accessedBit() {
    return GuestEntry.ACCESSED;
  }

  @Override
  public long dirtyBit() {
    return GuestEntry.DIRTY;
  }

  @Override
  public int allowed(Privilege who, long rights) {
    return permissions.allowed(who, rights);
  }

  @Override
  public long codeNotPresent(Privilege who, AccessKind kind) {
    return permissions.codeNotPresent(who, kind);
  }

  @Override
  public long codeReserved(Privilege who, AccessKind kind) {
    return permissions.codeReserved(who, kind);
  }

  @Override
  public long codeRefused(Privilege who, AccessKind kind, long rights) {
    return permissions.codeRefused(who, kind, rights);
  }
}
