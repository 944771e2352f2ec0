package dev.gnomon.mmu.tlb;

/** What can be asked of a vCPU through the rendezvous: bits of its request word. */
public final class Requests {
  /** Drop every cached translation before entering the guest. */
  public static final long TLB_FLUSH = 1L;

  /** The root is obsolete: load another before entering the guest. */
  public static final long RELOAD_ROOT = 1L << 1;

  /** Leave guest mode, so that what the processor buffered (PML) is drained; nothing else. */
  public static final long KICK = 1L << 2;

  /** The dirty ring is nearly full: go to the VMM until there is room. */
  public static final long RING_FULL = 1L << 3;

  /** Go to the VMM and stay there until told to go on. */
  public static final long PAUSE = 1L << 4;

  /** Leave guest mode and stay out while another vCPU is alone in it: see {@link Exclusion}. */
  public static final long EXCLUSION = 1L << 5;

  /**
   * Something for the guest has come in, an interrupt perhaps: ask the board between instructions.
   */
  public static final long EVENT = 1L << 6;

  /** All of them. */
  public static final long ALL =
      TLB_FLUSH | RELOAD_ROOT | KICK | RING_FULL | PAUSE | EXCLUSION | EVENT;

  private Requests() {}
}
