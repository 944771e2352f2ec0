package dev.gnomon.machine.processor;

import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;

/**
 * The one walk that there is where the guest's tables are shadowed: gva to hpa, through the entries
 * that the MMU writes, with the rights that those give. The guest's own tables are not looked at.
 *
 * <p>A root of level 3 is PAE's: four entries without rights. No tables are cached on the way.
 *
 * <p>Source: Intel SDM vol. 3A, 4.4 and 4.5.
 */
final class ShadowWalker {
  private static final long RETRY = -1;
  private static final long ALL_RIGHTS = GuestEntry.WRITABLE | GuestEntry.USER;

  /** As page walks see it. */
  private final PhysicalMemory memory;

  private final SpteFormat format;
  private final VcpuMmu mmu;
  private final GuestPaging paging;
  private final WalkEnd end;
  private boolean isProbing;
  private ControlRegisters guest = ControlRegisters.RESET;
  private long faultGva;
  private long loads;

  /**
   * Makes one.
   *
   * @param memory as page walks see it
   * @param paging what the processor's real registers say
   * @param end is told how a walk ends
   */
  ShadowWalker(
      PhysicalMemory memory, SpteFormat format, VcpuMmu mmu, GuestPaging paging, WalkEnd end) {
    this.memory = memory;
    this.format = format;
    this.mmu = mmu;
    this.paging = paging;
    this.end = end;
  }

  /** Takes over the registers that the guest believes in. */
  void load(ControlRegisters registers) {
    guest = registers;
  }

  /** Walks for an access; returns a {@link Translation}, or 0: see {@link WalkEnd}. */
  long walk(Privilege who, long gva, AccessKind kind) {
    if (!paging.isCanonical(gva)) {
      // No entry is looked at, and so the MMU is not asked: the code is the guest's.
      return end.guestFault(new Permissions(guest).codeNotPresent(who, kind));
    }
    while (true) {
      long translation = attempt(who, gva, kind);
      if (translation != RETRY) {
        return translation;
      }
      // Another has changed the leaf between the look at it and the update: at once again.
    }
  }

  /**
   * What a walk for an access would find now, changing nothing; 0 if it would fault, or set A or D.
   */
  long probe(Privilege who, long gva, AccessKind kind) {
    isProbing = true;
    long found = attempt(who, gva, kind);
    isProbing = false;
    return found;
  }

  private long attempt(Privilege who, long gva, AccessKind kind) {
    Permissions permissions = paging.permissions();
    int level = mmu.rootLevel();
    long table = mmu.rootHpa();
    long rights = ALL_RIGHTS;
    if (level == PageLevel.LEVEL_1G) {
      long pdpte = memory.getLong(table + 8 * (gva >>> PageLevel.shift(level) & 3));
      loads++;
      if ((pdpte & GuestEntry.PRESENT) == 0) {
        return fault(gva, permissions.codeNotPresent(who, kind));
      }
      table = GuestEntry.address(pdpte);
      level--;
    }
    while (true) {
      long entry = table + 8L * PageLevel.index(gva, level);
      long spte = memory.getLong(entry);
      loads++;
      if ((spte & GuestEntry.PRESENT) == 0) {
        return fault(gva, permissions.codeNotPresent(who, kind));
      }
      if ((spte & format.reservedBits(spte, level)) != 0) {
        return fault(gva, permissions.codeReserved(who, kind));
      }
      rights = rights & (spte | GuestEntry.NO_EXECUTE) | spte & GuestEntry.NO_EXECUTE;
      if (level == PageLevel.LEVEL_4K || (spte & SpteFormat.LARGE) != 0) {
        return leaf(who, gva, kind, entry, spte, level, rights);
      }
      table = spte & SpteFormat.ADDRESS_MASK;
      level--;
    }
  }

  private long leaf(
      Privilege who, long gva, AccessKind kind, long entry, long spte, int level, long rights) {
    Permissions permissions = paging.permissions();
    if ((permissions.allowed(who, rights) & Permissions.bit(kind)) == 0) {
      return fault(gva, permissions.codeRefused(who, kind, rights));
    }
    boolean isWrite = kind == AccessKind.WRITE;
    long now = spte | format.accessedBit() | (isWrite ? format.dirtyBit() : 0);
    if (now != spte && isProbing) {
      return 0;
    }
    if (now != spte && memory.compareAndExchangeLong(entry, spte, now) != spte) {
      return RETRY;
    }
    long page = now & SpteFormat.ADDRESS_MASK & -1L << PageLevel.shift(level);
    long flags = (now & format.dirtyBit()) != 0 ? Translation.DIRTY : 0;
    return Translation.make(page, level, Translation.ALL, rights, flags);
  }

  private long fault(long gva, long code) {
    if (!isProbing) {
      faultGva = gva;
      end.nestedFault(code);
    }
    return 0;
  }

  /** Where the last failed walk failed. */
  long faultGva() {
    return faultGva;
  }

  /** How many entries were read. */
  long loads() {
    return loads;
  }
}
