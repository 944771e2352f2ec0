package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/** The platform as one vCPU sees it: its accesses to memory are watched. */
final class WatchedPlatform extends Platform {
  private final Platform platform;
  private final WatchedMemory memory;

  WatchedPlatform(LoneExecution execution, WatchedMemory memory) {
    platform = execution.platform();
    this.memory = memory;
  }

  @Override
  public PhysicalMemory memory() {
    return memory;
  }

  @Override
  public Frames frames() {
    return platform.frames();
  }

  @Override
  public int cpus() {
    return platform.cpus();
  }

  @Override
  public SharedWords newWords(int count) {
    return platform.newWords(count);
  }

  @Override
  public void fullFence() {
    platform.fullFence();
  }
}
