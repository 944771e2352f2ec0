package dev.gnomon.machine.lockstep;

import dev.gnomon.machine.memory.FrameAllocator;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Synchronization;
import dev.gnomon.mmu.sync.WordSynchronization;

/**
 * The port in lockstep, on a host's memory. Operations of the bodies that its {@link #execution}
 * runs are steps; what others do, before and after, just happens.
 */
public final class LockstepPlatform extends Platform {
  private final Scheduler scheduler;
  private final LockstepMemory memory;
  private final Synchronization synchronization;
  private final FrameAllocator frames;
  private final LockstepExecution execution;
  private int wordsMade;

  /**
   * Makes a platform of {@code cpus} CPUs.
   *
   * @param poisonsFreedFrames whether a frame is overwritten when it is freed, so that a later use
   *     of it shows
   * @throws IllegalArgumentException if there would be no CPU
   */
  public LockstepPlatform(
      HostMemory host, int cpus, boolean poisonsFreedFrames, Schedule schedule) {
    if (cpus < 1) {
      throw new IllegalArgumentException("a platform needs a CPU, not " + cpus);
    }
    scheduler = new Scheduler(schedule, cpus);
    memory = new LockstepMemory(scheduler, host.memory(), PhysicalMemory.hpa(host.firstFrame()));
    execution = new LockstepExecution(this, scheduler);
    synchronization = new WordSynchronization(this);
    frames = new FrameAllocator(this, synchronization, host.extent(), poisonsFreedFrames);
  }

  /** What runs bodies on this platform. */
  public LockstepExecution execution() {
    return execution;
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
    return scheduler.count();
  }

  @Override
  public SharedWords newWords(int count) {
    if (count < 0) {
      throw new IllegalArgumentException(count + " words");
    }
    return new LockstepWords(scheduler, ++wordsMade, Places.caller(), count);
  }

  @Override
  public void fullFence() {
    scheduler.step(Operation.FENCE, 0);
  }
}
