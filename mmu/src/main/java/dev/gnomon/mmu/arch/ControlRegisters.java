package dev.gnomon.mmu.arch;

import static dev.gnomon.mmu.arch.ControlBits.CR0_PE;
import static dev.gnomon.mmu.arch.ControlBits.CR0_PG;
import static dev.gnomon.mmu.arch.ControlBits.CR0_WP;
import static dev.gnomon.mmu.arch.ControlBits.CR4_LA57;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PAE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PGE;
import static dev.gnomon.mmu.arch.ControlBits.EFER_LMA;
import static dev.gnomon.mmu.arch.ControlBits.EFER_LME;
import static dev.gnomon.mmu.arch.ControlBits.EFER_NXE;

/**
 * The registers of a vCPU as far as paging needs them: what is migrated with it.
 *
 * <p>CR0, CR3, CR4 and EFER are as the guest sees them, bits that have nothing to do with paging
 * too.
 *
 * @param pkru what each of the 16 protection keys forbids, two bits each
 * @param isUser whether the processor is at CPL 3
 * @param isAlignmentCheck EFLAGS.AC, which lets a supervisor past SMAP
 */
public record ControlRegisters(
    long cr0, long cr3, long cr4, long efer, int pkru, boolean isUser, boolean isAlignmentCheck) {

  private static final long ADDRESS_MASK = (1L << 52) - (1L << 12);

  /** After reset: no paging, CPL 0. */
  public static final ControlRegisters RESET =
      new ControlRegisters(ControlBits.CR0_ET, 0, 0, 0, 0, false, false);

  /**
   * Long mode, as an operating system sets it up: WP, PGE and NXE, without SMEP, SMAP and keys.
   *
   * @param levels 4 or 5
   * @param cr3 the gpa of the top table
   * @throws IllegalArgumentException if the one is neither, or the other no page's address
   */
  public static ControlRegisters longMode(int levels, long cr3, boolean isUser) {
    if (levels != 4 && levels != 5) {
      throw new IllegalArgumentException("levels must be 4 or 5");
    }
    requirePage(cr3);
    return new ControlRegisters(
        CR0_PG | CR0_WP | CR0_PE | ControlBits.CR0_ET,
        cr3,
        CR4_PAE | CR4_PGE | (levels == 5 ? CR4_LA57 : 0),
        EFER_LMA | EFER_LME | EFER_NXE,
        0,
        isUser,
        false);
  }

  /**
   * Checks that CR3 is nothing but the address of a page.
   *
   * @throws IllegalArgumentException if it is not
   */
  public static void requirePage(long cr3) {
    if ((cr3 & ADDRESS_MASK) != cr3) {
      throw new IllegalArgumentException("CR3 must be a page's address: " + Long.toHexString(cr3));
    }
  }

  /** The registers with another CR3. */
  public ControlRegisters withCr3(long value) {
    return new ControlRegisters(cr0, value, cr4, efer, pkru, isUser, isAlignmentCheck);
  }

  /** The registers with other modes. */
  public ControlRegisters withModes(long newCr0, long newCr4, long newEfer) {
    return new ControlRegisters(newCr0, cr3, newCr4, newEfer, pkru, isUser, isAlignmentCheck);
  }

  /** The registers with other rights of the protection keys. */
  public ControlRegisters withPkru(int value) {
    return new ControlRegisters(cr0, cr3, cr4, efer, value, isUser, isAlignmentCheck);
  }

  /** The registers at another CPL. */
  public ControlRegisters withUser(boolean value) {
    return new ControlRegisters(cr0, cr3, cr4, efer, pkru, value, isAlignmentCheck);
  }

  /** The registers at another CPL, with another EFLAGS.AC. */
  public ControlRegisters withPrivilege(boolean user, boolean alignmentCheck) {
    return new ControlRegisters(cr0, cr3, cr4, efer, pkru, user, alignmentCheck);
  }

  /** How linear addresses are translated. */
  public PagingMode mode() {
    if ((cr0 & CR0_PG) == 0) {
      return PagingMode.NONE;
    }
    if ((cr4 & CR4_PAE) == 0) {
      return PagingMode.BITS_32;
    }
    if ((efer & EFER_LMA) == 0) {
      return PagingMode.PAE;
    }
    return (cr4 & CR4_LA57) == 0 ? PagingMode.LEVEL_4 : PagingMode.LEVEL_5;
  }

  /** Whether there is paging at all. */
  public boolean isPaging() {
    return (cr0 & CR0_PG) != 0;
  }

  /** As whom guest code accesses memory. */
  public Privilege privilege() {
    if (isUser) {
      return Privilege.USER;
    }
    return isAlignmentCheck ? Privilege.SUPERVISOR_AC : Privilege.SUPERVISOR;
  }

  /**
   * The gpa of the top table; of PAE, that of the four PDPTEs, which is a multiple of 32. What else
   * is in CR3 - cache attributes, a PCID - is no part of it.
   */
  public long topTable() {
    return topTable(mode(), cr3);
  }

  /** As {@link #topTable()}, of any mode and CR3. */
  public static long topTable(PagingMode mode, long cr3) {
    return switch (mode) {
      case NONE -> 0;
      case BITS_32 -> cr3 & 0xffff_f000L;
      case PAE -> cr3 & 0xffff_ffe0L;
      case LEVEL_4, LEVEL_5 -> cr3 & ADDRESS_MASK;
    };
  }

  /** Whether an address is canonical: its upper bits all equal the highest translated one. */
  public boolean isCanonical(long linear) {
    PagingMode mode = mode();
    if (!mode.isLong()) {
      return linear >>> 32 == 0;
    }
    int unused = Long.SIZE - mode.shift(mode.levels() + 1);
    return linear << unused >> unused == linear;
  }
}
