package dev.gnomon.mmu.arch;

/**
 * Bits of the registers that decide how a processor translates addresses and what it allows.
 *
 * <p>Sources: Intel SDM vol. 3A, 2.2.1 and 2.5; AMD APM vol. 2, 3.1.
 */
public final class ControlBits {
  // --- CR0 ---

  /** CR0: protected mode. */
  public static final long CR0_PE = 1L;

  /** CR0: monitor coprocessor. */
  public static final long CR0_MP = 1L << 1;

  /** CR0: no x87, by the word of the operating system. */
  public static final long CR0_EM = 1L << 2;

  /** CR0: a task switch has happened. */
  public static final long CR0_TS = 1L << 3;

  /** CR0: extension type, always set. */
  public static final long CR0_ET = 1L << 4;

  /** CR0: x87 errors as exceptions. */
  public static final long CR0_NE = 1L << 5;

  /** CR0: supervisor writes obey read-only pages. */
  public static final long CR0_WP = 1L << 16;

  /** CR0: alignment checks at CPL 3. */
  public static final long CR0_AM = 1L << 18;

  /** CR0: not write-through. */
  public static final long CR0_NW = 1L << 29;

  /** CR0: caches off. */
  public static final long CR0_CD = 1L << 30;

  /** CR0: paging. */
  public static final long CR0_PG = 1L << 31;

  // --- CR3 ---

  /** CR3, as the operand of a MOV with CR4.PCIDE: keep what is cached of the PCID. */
  public static final long CR3_NO_FLUSH = 1L << 63;

  // --- CR4 ---

  public static final long CR4_VME = 1L;
  public static final long CR4_PVI = 1L << 1;

  /** CR4: RDTSC at CPL 0 only. */
  public static final long CR4_TSD = 1L << 2;

  public static final long CR4_DE = 1L << 3;

  /** CR4: 4 MiB pages in 32-bit paging. */
  public static final long CR4_PSE = 1L << 4;

  /** CR4: 8-byte entries. */
  public static final long CR4_PAE = 1L << 5;

  public static final long CR4_MCE = 1L << 6;

  /** CR4: global pages. */
  public static final long CR4_PGE = 1L << 7;

  public static final long CR4_PCE = 1L << 8;

  /** CR4: the operating system saves SSE state. */
  public static final long CR4_OSFXSR = 1L << 9;

  public static final long CR4_OSXMMEXCPT = 1L << 10;

  /** CR4: SGDT and the like at CPL 0 only. */
  public static final long CR4_UMIP = 1L << 11;

  /** CR4: 5-level paging. */
  public static final long CR4_LA57 = 1L << 12;

  /** CR4: RDFSBASE and its family. */
  public static final long CR4_FSGSBASE = 1L << 16;

  /** CR4: process-context identifiers. */
  public static final long CR4_PCIDE = 1L << 17;

  /** CR4: XGETBV, XSETBV, XCR0. */
  public static final long CR4_OSXSAVE = 1L << 18;

  /** CR4: no supervisor fetch from user pages. */
  public static final long CR4_SMEP = 1L << 20;

  /** CR4: no supervisor data access to user pages, unless EFLAGS.AC is set. */
  public static final long CR4_SMAP = 1L << 21;

  /** CR4: protection keys of user pages. */
  public static final long CR4_PKE = 1L << 22;

  // --- EFER ---

  /** EFER: SYSCALL and SYSRET. */
  public static final long EFER_SCE = 1L;

  /** EFER: long mode wanted. */
  public static final long EFER_LME = 1L << 8;

  /** EFER: long mode active. */
  public static final long EFER_LMA = 1L << 10;

  /** EFER: bit 63 of an entry forbids execution. */
  public static final long EFER_NXE = 1L << 11;

  private ControlBits() {}
}
