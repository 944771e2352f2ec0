package dev.gnomon.mmu.table;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.spte.SpteFormat;

/**
 * A few empty page-table frames for each CPU, so that nothing is allocated under the MMU lock. Each
 * CPU tops its own up before it takes the lock, and takes from it under the lock.
 */
public final class TableFrames {
  /** Enough for one fault: a table at every level below the root, and as much again for splits. */
  public static final int FOR_A_FAULT = 8;

  private final Frames frames;
  private final PhysicalMemory memory;
  private final long[][] stacks;
  private final int[] depths;
  private final long empty;

  /** Frames for a 64-bit host. */
  public TableFrames(Platform platform) {
    this(platform, SpteFormat.NON_PRESENT);
  }

  /**
   * Frames whose entries are made {@code empty}.
   *
   * @param empty what the host stores where nothing is mapped
   */
  public TableFrames(Platform platform, long empty) {
    this.empty = empty;
    frames = platform.frames();
    memory = platform.memory();
    stacks = new long[platform.cpus()][2 * FOR_A_FAULT];
    depths = new int[platform.cpus() * PADDING];
  }

  private static final int PADDING = 16;

  /**
   * Makes sure that {@link #FOR_A_FAULT} frames can be taken. Not to be called under the MMU lock.
   *
   * @throws dev.gnomon.mmu.platform.OutOfFramesException if the host has none left
   */
  public void topUp(Cpu cpu) {
    int depth = depths[cpu.index() * PADDING];
    if (depth >= FOR_A_FAULT) {
      return;
    }
    long[] stack = stacks[cpu.index()];
    while (depth < stack.length) {
      long pfn = frames.allocate(cpu);
      memory.fill(pfn, empty);
      stack[depth++] = pfn;
      depths[cpu.index() * PADDING] = depth;
    }
  }

  /** How many frames this CPU can take. */
  public int available(Cpu cpu) {
    return depths[cpu.index() * PADDING];
  }

  /** Takes an empty frame: every entry is non-present. */
  public long take(Cpu cpu) {
    int depth = depths[cpu.index() * PADDING] - 1;
    if (depth < 0) {
      throw new IllegalStateException("CPU " + cpu.index() + " has not topped up its table frames");
    }
    depths[cpu.index() * PADDING] = depth;
    return stacks[cpu.index()][depth];
  }

  /** Puts back a frame that was taken and never linked; it is emptied again. */
  public void putBack(Cpu cpu, long pfn) {
    memory.fill(pfn, empty);
    stacks[cpu.index()][depths[cpu.index() * PADDING]++] = pfn;
  }

  /** Gives all frames of all CPUs back; nobody may be using them. */
  public void freeAll(Cpu cpu) {
    for (int i = 0; i < stacks.length; i++) {
      while (depths[i * PADDING] > 0) {
        frames.free(cpu, stacks[i][--depths[i * PADDING]]);
      }
    }
  }
}
