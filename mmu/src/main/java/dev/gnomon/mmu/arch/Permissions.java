package dev.gnomon.mmu.arch;

import static dev.gnomon.mmu.arch.ControlBits.CR0_WP;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PAE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PKE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_SMAP;
import static dev.gnomon.mmu.arch.ControlBits.CR4_SMEP;
import static dev.gnomon.mmu.arch.ControlBits.EFER_NXE;

/**
 * What the registers make of the rights that a walk has gathered: W and U as the AND over all
 * levels, no-execute as the OR, the key from the leaf. Gathered rights are in the places of a
 * {@link GuestEntry}.
 *
 * <p>Source: Intel SDM vol. 3A, 4.6 and 4.7.
 */
public final class Permissions {
  /** Allowed: reads. */
  public static final int READ = 1;

  /** Allowed: writes. */
  public static final int WRITE = 1 << 1;

  /** Allowed: fetches. */
  public static final int EXECUTE = 1 << 2;

  private static final int ALL = READ | WRITE | EXECUTE;

  private final boolean isPaging;
  private final boolean isWriteProtect;
  private final boolean isSmep;
  private final boolean isSmap;
  private final boolean reportsFetch;
  private final boolean hasKeys;
  private final int pkru;

  public Permissions(ControlRegisters registers) {
    long cr4 = registers.cr4();
    boolean isNoExecute = (cr4 & CR4_PAE) != 0 && (registers.efer() & EFER_NXE) != 0;
    isPaging = registers.isPaging();
    isWriteProtect = (registers.cr0() & CR0_WP) != 0;
    isSmep = (cr4 & CR4_SMEP) != 0;
    isSmap = (cr4 & CR4_SMAP) != 0;
    reportsFetch = isSmep || isNoExecute;
    hasKeys = (cr4 & CR4_PKE) != 0 && registers.mode().isLong();
    pkru = registers.pkru();
  }

  /** What an access may do to a page: bits READ, WRITE, EXECUTE. */
  public int allowed(Privilege who, long rights) {
    if (!isPaging) {
      return ALL;
    }
    boolean isUserPage = (rights & GuestEntry.USER) != 0;
    boolean isUser = who.isUser();
    if (isUser && !isUserPage) {
      return 0;
    }
    boolean isRefusedData = isUserPage && !isUser && isSmap && who != Privilege.SUPERVISOR_AC;
    boolean isWritable = (rights & GuestEntry.WRITABLE) != 0 || (!isUser && !isWriteProtect);
    boolean isExecutable =
        (rights & GuestEntry.NO_EXECUTE) == 0 && !(isUserPage && !isUser && isSmep);
    int allowed =
        (isRefusedData ? 0 : READ)
            | (isRefusedData || !isWritable ? 0 : WRITE)
            | (isExecutable ? EXECUTE : 0);
    return hasKeys ? allowed & ~refusedByKey(who, rights) : allowed;
  }

  /** What the protection key of a page refuses. */
  private int refusedByKey(Privilege who, long rights) {
    if (!hasKeys || (rights & GuestEntry.USER) == 0) {
      return 0;
    }
    int key = GuestEntry.protectionKey(rights);
    int bits = pkru >>> 2 * key;
    if ((bits & 1) != 0) {
      return READ | WRITE;
    }
    return (bits & 2) != 0 && (who.isUser() || isWriteProtect) ? WRITE : 0;
  }

  /** The bit that stands for an access of a kind in what is allowed. */
  public static int bit(AccessKind kind) {
    return switch (kind) {
      case READ -> READ;
      case WRITE -> WRITE;
      case FETCH -> EXECUTE;
    };
  }

  /** The error code of an access that no present translation serves. */
  public long codeNotPresent(Privilege who, AccessKind kind) {
    long code = kind == AccessKind.FETCH && !reportsFetch ? 0 : FaultCode.of(kind);
    return code | (who.isUser() ? FaultCode.USER : 0);
  }

  /** The error code of an access on whose way a reserved bit is set. */
  public long codeReserved(Privilege who, AccessKind kind) {
    return codeNotPresent(who, kind) | FaultCode.PRESENT | FaultCode.RESERVED;
  }

  /** The error code of an access that is not allowed. */
  public long codeRefused(Privilege who, AccessKind kind, long rights) {
    boolean isByKey = (refusedByKey(who, rights) & bit(kind)) != 0;
    return codeNotPresent(who, kind) | FaultCode.PRESENT | (isByKey ? FaultCode.PROTECTION_KEY : 0);
  }

  /** Whether what is allowed to a supervisor depends on EFLAGS.AC. */
  public boolean asksForAlignmentCheck() {
    return isPaging && isSmap;
  }

  /** Whether all is allowed as {@code other} allows it. */
  public boolean isSameAs(Permissions other) {
    return isPaging == other.isPaging
        && isWriteProtect == other.isWriteProtect
        && isSmep == other.isSmep
        && isSmap == other.isSmap
        && hasKeys == other.hasKeys
        && (!hasKeys || pkru == other.pkru);
  }
}
