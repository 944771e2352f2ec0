package dev.gnomon.machine.thread;

import dev.gnomon.machine.memory.FrameAllocator;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Synchronization;
import dev.gnomon.mmu.sync.WordSynchronization;
import java.lang.invoke.VarHandle;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * The port on real memory and real threads.
 *
 * <p>A CPU's handle may be used by any thread, by one at a time; {@link CpuThreads} makes a thread
 * for each.
 */
public final class ThreadPlatform extends Platform {
  private final PhysicalMemory memory;
  private final Synchronization synchronization;
  private final FrameAllocator frames;
  private final ThreadCpu[] cpus;

  /** Set once; read only by those who wait. */
  private volatile @Nullable StoppedException stopped;

  /**
   * Makes a platform of {@code cpus} CPUs on a host's memory.
   *
   * @param poisonsFreedFrames whether a frame is overwritten when it is freed, so that a later use
   *     of it shows
   * @throws IllegalArgumentException if there would be no CPU
   */
  public ThreadPlatform(HostMemory host, int cpus, boolean poisonsFreedFrames) {
    if (cpus < 1) {
      throw new IllegalArgumentException("a platform needs a CPU, not " + cpus);
    }
    memory = host.memory();
    this.cpus = new ThreadCpu[cpus];
    for (int i = 0; i < cpus; i++) {
      this.cpus[i] = new ThreadCpu(this, i);
    }
    synchronization = new WordSynchronization(this);
    frames = new FrameAllocator(this, synchronization, host.extent(), poisonsFreedFrames);
  }

  @Override
  public PhysicalMemory memory() {
    return memory;
  }

  @Override
  public FrameAllocator frames() {
    return frames;
  }

  /** The maker of its locks. */
  public Synchronization synchronization() {
    return synchronization;
  }

  @Override
  public int cpus() {
    return cpus.length;
  }

  /**
   * The handle of a CPU, always the same one.
   *
   * @throws IndexOutOfBoundsException if there is no such CPU
   */
  public Cpu cpu(int index) {
    return cpus[Objects.checkIndex(index, cpus.length)];
  }

  @Override
  public SharedWords newWords(int count) {
    if (count < 0) {
      throw new IllegalArgumentException(count + " words");
    }
    return new ThreadWords(count);
  }

  @Override
  public void fullFence() {
    VarHandle.fullFence();
  }

  /**
   * Makes every wait, from now on and for good, end with a {@link StoppedException}. The first call
   * counts.
   */
  public synchronized void stop(@Nullable Throwable cause) {
    if (stopped == null) {
      stopped = new StoppedException(cause);
    }
  }

  /**
   * Returns if the platform goes on.
   *
   * @throws StoppedException if it was stopped
   */
  public void checkStopped() {
    StoppedException reason = stopReason();
    if (reason != null) {
      throw reason;
    }
  }

  boolean isStopped() {
    return stopped != null;
  }

  /** Why the platform was stopped, as an exception of the caller's own; null if it was not. */
  @Nullable StoppedException stopReason() {
    StoppedException first = stopped;
    return first == null ? null : new StoppedException(first.getCause());
  }
}
