package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.platform.Cpu;

/**
 * Walks L2's own tables in software, for an access that is emulated: L2-virtual to L2-physical
 * address, each entry of which lies at an L2-physical address that L1's tables translate; then that
 * of the page.
 *
 * <p>Owned by one vCPU. Outside the MMU lock, inside a read section of the memslots.
 */
public final class L2Walker {
  /** L2's own tables refuse: see {@link #faultCode}. */
  public static final long GUEST_FAULT = -1;

  /** L1's tables refuse. */
  public static final long VIOLATION = -2;

  private static final long CHANGED = -3;
  private static final int LEVELS = 6;

  private final ShadowMmu shadow;
  private final long[] gptes = new long[LEVELS];
  private final long[] ngpas = new long[LEVELS];
  private long faultCode;

  public L2Walker(ShadowMmu shadow) {
    this.shadow = shadow;
  }

  /** The other dimension. */
  @FunctionalInterface
  public interface Nested {

    /**
     * Translates an L2-physical address by L1's tables.
     *
     * @param where {@link FaultCode#GUEST_FINAL} or {@link FaultCode#GUEST_PAGE}
     * @return the gpa, or a negative value if they refuse
     */
    long translate(Cpu cpu, long ngpa, AccessKind kind, long where);
  }

  /**
   * Walks for an access.
   *
   * @param tableKind what a look at an entry is for L1's tables; to set A or D is always a write
   * @return the gpa, {@link #GUEST_FAULT}, or {@link #VIOLATION}
   */
  public long walk(
      Cpu cpu,
      GuestFormat format,
      long[] pdptes,
      long gva,
      AccessKind kind,
      Privilege who,
      AccessKind tableKind,
      Nested nested) {
    long gpa;
    do {
      gpa = attempt(cpu, format, pdptes, gva, kind, who, tableKind, nested);
    } while (gpa == CHANGED);
    return gpa;
  }

  private long attempt(
      Cpu cpu,
      GuestFormat format,
      long[] pdptes,
      long gva,
      AccessKind kind,
      Privilege who,
      AccessKind tableKind,
      Nested nested) {
    PagingMode mode = format.mode();
    if (mode == PagingMode.NONE) {
      return last(cpu, gva, kind, nested);
    }
    if (!format.registers().isCanonical(gva)) {
      return fault(format.codeNotPresent(who, kind));
    }
    long table = format.registers().topTable();
    int top = mode.levels();
    if (mode == PagingMode.PAE) {
      long pdpte = pdptes[(int) (gva >>> 30) & 3];
      if (!format.isPresent(pdpte)) {
        return fault(format.codeNotPresent(who, kind));
      }
      table = GuestEntry.address(pdpte);
      top--;
    }
    long rights = GuestFormat.ALL_RIGHTS;
    for (int level = top; ; level--) {
      long ngpa = table + mode.offset(gva, level);
      long gpa = nested.translate(cpu, ngpa, tableKind, FaultCode.GUEST_PAGE);
      if (gpa < 0) {
        return VIOLATION;
      }
      long gpte = shadow.readEntry(cpu, gpa, format.entryBytes());
      gptes[level] = gpte;
      ngpas[level] = ngpa;
      if (!format.isPresent(gpte)) {
        return fault(format.codeNotPresent(who, kind));
      }
      if (format.hasReservedBit(gpte, level)) {
        return fault(format.codeReserved(who, kind));
      }
      rights = format.gather(rights, gpte);
      if (format.isLeaf(gpte, level)) {
        long withKey = rights | format.key(gpte);
        if ((format.allowed(who, withKey) & Permissions.bit(kind)) == 0) {
          return fault(format.codeRefused(who, kind, withKey));
        }
        long marked = mark(cpu, format, top, level, kind == AccessKind.WRITE, nested);
        if (marked < 0) {
          return marked;
        }
        long page = format.gfn(gpte, level, gva) << 12;
        return last(cpu, page | gva & 0xfff, kind, nested);
      }
      table = GuestEntry.address(gpte);
    }
  }

  private static long last(Cpu cpu, long ngpa, AccessKind kind, Nested nested) {
    long gpa = nested.translate(cpu, ngpa, kind, FaultCode.GUEST_FINAL);
    return gpa < 0 ? VIOLATION : gpa;
  }

  /** Sets A from the top down, then D in the leaf; CHANGED, VIOLATION, or 0. */
  private long mark(
      Cpu cpu, GuestFormat format, int top, int leafLevel, boolean isWrite, Nested nested) {
    for (int level = top; level >= leafLevel; level--) {
      long gpte = gptes[level];
      long wanted = format.withAccessedDirty(gpte, isWrite && level == leafLevel);
      if (wanted == gpte) {
        continue;
      }
      long gpa = nested.translate(cpu, ngpas[level], AccessKind.WRITE, FaultCode.GUEST_PAGE);
      if (gpa < 0) {
        return VIOLATION;
      }
      if (!shadow.updateEntry(cpu, gpa, format.entryBytes(), gpte, wanted)) {
        return CHANGED;
      }
    }
    return 0;
  }

  private long fault(long code) {
    faultCode = code;
    return GUEST_FAULT;
  }

  /** The error code of the fault that the last walk has ended in. */
  public long faultCode() {
    return faultCode;
  }
}
