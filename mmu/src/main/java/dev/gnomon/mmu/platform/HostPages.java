package dev.gnomon.mmu.platform;

/**
 * The host's memory manager as the MMU sees it: it backs host-virtual frames (hvn, a host-virtual
 * address over 4096) with host frames, takes them away again, and wants to know which were written
 * or used.
 *
 * <p>A page is returned packed in a {@code long}: the pfn, whether it may be written, and the level
 * of the host's own mapping (1: 4 KiB, 2: 2 MiB, 3: 1 GiB). The pfn is that of the very frame asked
 * for, also within a large mapping.
 */
public abstract class HostPages {

  /** Nothing is mapped at that host-virtual frame. */
  public static final long ABSENT = -1;

  private static final int LEVEL_MASK = 3;
  private static final int WRITABLE = 4;
  private static final int PFN_SHIFT = 3;

  /** The host-virtual address of the first byte of a host-virtual frame. */
  public static long hva(long hvn) {
    return hvn << PhysicalMemory.FRAME_SHIFT;
  }

  /** Packs a page. */
  public static long page(long pfn, int level, boolean isWritable) {
    return pfn << PFN_SHIFT | (isWritable ? WRITABLE : 0) | level;
  }

  /** The frame of a packed page. */
  public static long pfn(long page) {
    return page >>> PFN_SHIFT;
  }

  /** The level of the host's mapping of a packed page. */
  public static int level(long page) {
    return (int) page & LEVEL_MASK;
  }

  /** Whether the host lets a packed page be written. */
  public static boolean isWritable(long page) {
    return (page & WRITABLE) != 0;
  }

  /**
   * Finds the page behind a host-virtual frame, making it present first if need be; may wait for
   * the swap file. The answer is a snapshot: it is worth something only until the host invalidates
   * the frame, which the caller must check for under its lock before it uses the answer.
   *
   * @return a packed page, or {@link #ABSENT}
   * @throws OutOfFramesException if the page cannot be made present for want of frames
   */
  public abstract long resolve(Cpu cpu, long hvn, boolean forWrite);

  /**
   * The page that the host maps at {@code hvn} now, packed, or {@link #ABSENT} if none is present.
   * Never makes it present, never waits. Meaningful only under a lock that an invalidation takes
   * too.
   */
  public abstract long present(long hvn);

  /**
   * Takes the news that a frame was, or may be, written. Within a large host page this speaks for
   * the whole of it.
   */
  public abstract void markDirty(long pfn);

  /** Takes the news that a frame, or the large host page that it is part of, was used. */
  public abstract void markAccessed(long pfn);
}
