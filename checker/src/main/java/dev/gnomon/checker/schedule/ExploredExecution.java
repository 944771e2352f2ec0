package dev.gnomon.checker.schedule;

import dev.gnomon.machine.memory.HostFrames;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.sync.Synchronization;
import dev.gnomon.mmu.sync.WordSynchronization;
import java.util.Objects;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Runs bodies as coroutines of the calling thread, in the order that a director decides. Of its
 * bodies, those between two joins run as if side by side; what the caller does in between is not
 * interleaved with anything.
 */
final class ExploredExecution extends Execution {
  private final Stage stage;
  private final ExploredPlatform platform;
  private final boolean hasAbstractLocks;
  private final ExploredCpu[] cpus;
  private Synchronization synchronization;

  ExploredExecution(Stage stage, int cpus, int framesPerCpu, boolean hasAbstractLocks) {
    this.stage = stage;
    this.hasAbstractLocks = hasAbstractLocks;
    platform = new ExploredPlatform(stage, cpus, framesPerCpu, !hasAbstractLocks);
    this.cpus = new ExploredCpu[cpus];
    reset();
  }

  /** Makes it as if nothing had run on it. */
  void reset() {
    platform.reset();
    for (int i = 0; i < cpus.length; i++) {
      cpus[i] = new ExploredCpu(stage, i);
    }
    synchronization =
        hasAbstractLocks
            ? new ExploredSynchronization(stage, platform)
            : new WordSynchronization(platform);
  }

  /** A word of memory, without a step. */
  long peek(long hpa) {
    return platform.explored().peek(hpa);
  }

  @Override
  public Platform platform() {
    return platform;
  }

  @Override
  public HostFrames frames() {
    return platform.frames();
  }

  @Override
  public Synchronization synchronization() {
    return synchronization;
  }

  @Override
  public Cpu cpu(int index) {
    return cpus[Objects.checkIndex(index, cpus.length)];
  }

  @Override
  public void start(int cpuIndex, String name, Consumer<Cpu> body) {
    Cpu cpu = cpu(cpuIndex);
    stage.start(cpuIndex, name, () -> body.accept(cpu));
  }

  @Override
  public void join() {
    stage.join();
  }

  @Override
  public void stop(@Nullable Throwable cause) {
    stage.stop(cause);
  }

  @Override
  public void checkStopped() {
    if (stage.isStopped()) {
      throw stage.stopped();
    }
  }
}
