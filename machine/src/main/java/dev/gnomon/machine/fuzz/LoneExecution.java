package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.memory.HostFrames;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/** Real memory, and CPUs of which the caller's thread is one after the other. */
final class LoneExecution extends Execution {
  private final ThreadPlatform platform;
  private final LoneCpu[] cpus;

  /**
   * Makes one.
   *
   * @param helper does what a CPU may wait for
   */
  LoneExecution(HostMemory memory, int count, Runnable helper) {
    platform = new ThreadPlatform(memory, count, true);
    cpus = new LoneCpu[count];
    for (int i = 0; i < count; i++) {
      cpus[i] = new LoneCpu(i, helper);
    }
  }

  @Override
  public Platform platform() {
    return platform;
  }

  @Override
  public Synchronization synchronization() {
    return platform.synchronization();
  }

  @Override
  public HostFrames frames() {
    return platform.frames();
  }

  @Override
  public LoneCpu cpu(int index) {
    return cpus[index];
  }

  @Override
  public void start(int cpuIndex, String name, Consumer<Cpu> body) {
    throw new IllegalStateException("there is one thread: " + name);
  }

  @Override
  public void join() {
    // Nothing was started.
  }

  @Override
  public void stop(@Nullable Throwable cause) {
    // Nothing was started.
  }

  @Override
  public void checkStopped() {
    // It goes on.
  }
}
