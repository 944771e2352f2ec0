package dev.gnomon.mmu.arch;

/**
 * The tables by which a guest hypervisor (L1) has its processor translate the physical addresses of
 * its own guest (L2), as it names them when it runs L2.
 */
public sealed interface NestedTables {

  /** The register that names them: nCR3, or the EPTP. Immutable. */
  long pointer();

  /** How the tables are laid out: as the paging of this mode has it, EPT's as 4 or 5 levels. */
  PagingMode mode();

  /** The gpa of the top table; with PAE, that of the four PDPTEs. */
  long topTable();

  /**
   * Nested page tables: the format is that of L1's own paging when it executes VMRUN.
   *
   * <p>Source: AMD APM vol. 2, 15.25.3 and 15.25.4.
   *
   * @param nestedCr3 nCR3 of the VMCB
   * @param cr4 L1's CR4 at VMRUN
   * @param efer L1's EFER at VMRUN
   */
  record Npt(long nestedCr3, long cr4, long efer) implements NestedTables {
    private static final long FORMAT_CR0 =
        ControlBits.CR0_PE | ControlBits.CR0_PG | ControlBits.CR0_WP;

    private static final long FORMAT_CR4 =
        ControlBits.CR4_PAE | ControlBits.CR4_PSE | ControlBits.CR4_LA57 | ControlBits.CR4_SMEP;

    private static final long FORMAT_EFER =
        ControlBits.EFER_LME | ControlBits.EFER_LMA | ControlBits.EFER_NXE;

    @Override
    public long pointer() {
      return nestedCr3;
    }

    @Override
    public PagingMode mode() {
      return registers().mode();
    }

    @Override
    public long topTable() {
      return registers().topTable();
    }

    /**
     * The registers under which a walk of guest-virtual addresses, made by user code, would equal
     * the nested walk: every nested access is a user access, and WP is set.
     */
    public ControlRegisters registers() {
      return new ControlRegisters(
          FORMAT_CR0, nestedCr3, cr4 & FORMAT_CR4, efer & FORMAT_EFER, 0, true, false);
    }
  }

  /**
   * Extended page tables.
   *
   * <p>Source: Intel SDM vol. 3C, 25.6.11 (EPTP).
   *
   * @param eptp bits 5:3 the number of levels less 1, bit 6 whether A and D are kept, and the
   *     address of the top table
   */
  record Ept(long eptp) implements NestedTables {
    private static final long ACCESSED_DIRTY = 1L << 6;
    private static final int LEVELS_SHIFT = 3;
    private static final long WRITE_BACK = 6;

    /** Rejects an EPTP of other than 4 or 5 levels. */
    public Ept {
      long levels = (eptp >>> LEVELS_SHIFT & 7) + 1;
      if (levels != 4 && levels != 5) {
        throw new IllegalArgumentException("EPT has 4 or 5 levels, not " + levels);
      }
    }

    /** The EPTP of a top table. */
    public static Ept of(long topTable, int levels, boolean hasAccessedDirty) {
      ControlRegisters.requirePage(topTable);
      long flags = WRITE_BACK | (hasAccessedDirty ? ACCESSED_DIRTY : 0);
      return new Ept(topTable | (long) (levels - 1) << LEVELS_SHIFT | flags);
    }

    /** Whether the processor keeps A and D in the entries. */
    public boolean hasAccessedDirty() {
      return (eptp & ACCESSED_DIRTY) != 0;
    }

    @Override
    public long pointer() {
      return eptp;
    }

    @Override
    public PagingMode mode() {
      return (eptp >>> LEVELS_SHIFT & 7) == 4 ? PagingMode.LEVEL_5 : PagingMode.LEVEL_4;
    }

    @Override
    public long topTable() {
      return GuestEntry.address(eptp);
    }
  }
}
