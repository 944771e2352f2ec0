package dev.gnomon.mmu.platform;

/**
 * The allocator of host frames. A frame comes with undefined content. Any CPU may call at any time.
 */
public abstract class Frames {

  /**
   * Allocates one 4 KiB frame.
   *
   * @throws OutOfFramesException if there is none
   */
  public abstract long allocate(Cpu cpu);

  /**
   * Allocates one frame whose address lies below 4 GiB of this memory, for a processor that keeps
   * it in a 32-bit register.
   *
   * @throws OutOfFramesException if there is none
   */
  public abstract long allocateBelow4G(Cpu cpu);

  /**
   * Allocates an aligned run of frames: 2 MiB for level 2, 1 GiB for level 3.
   *
   * @return its first pfn, or -1 if there is none (a caller falls back to smaller pages)
   */
  public abstract long allocateRun(Cpu cpu, int level);

  /** Gives a frame back. It may be handed out again at once. */
  public abstract void free(Cpu cpu, long pfn);

  /** Gives a run from {@link #allocateRun} back, whole. */
  public abstract void freeRun(Cpu cpu, long pfn, int level);

  /**
   * Turns an allocated run into frames (or smaller runs) that may be given back one by one with
   * {@link #free}.
   */
  public abstract void splitRun(Cpu cpu, long pfn, int level);
}
