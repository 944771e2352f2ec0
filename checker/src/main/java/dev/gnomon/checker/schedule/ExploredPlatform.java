package dev.gnomon.checker.schedule;

import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/** The port under the explorer. Used for one execution after another. */
final class ExploredPlatform extends Platform {
  private final Stage stage;
  private final int cpus;
  private final boolean hasLocksOfWords;
  private final ExploredFrames frames;
  private final ExploredMemory memory;

  ExploredPlatform(Stage stage, int cpus, int framesPerCpu, boolean hasLocksOfWords) {
    this.stage = stage;
    this.hasLocksOfWords = hasLocksOfWords;
    this.cpus = cpus;
    frames = new ExploredFrames(stage, cpus, framesPerCpu);
    memory = new ExploredMemory(stage, frames);
    frames.setMarks(new ExploredWords(stage, memory, false, "frame marks", frames.markWords()));
  }

  void reset() {
    frames.reset();
  }

  @Override
  public PhysicalMemory memory() {
    return memory;
  }

  ExploredMemory explored() {
    return memory;
  }

  @Override
  public ExploredFrames frames() {
    return frames;
  }

  @Override
  public int cpus() {
    return cpus;
  }

  @Override
  public SharedWords newWords(int count) {
    if (count < 0) {
      throw new IllegalArgumentException(count + " words");
    }
    return new ExploredWords(
        stage, memory, hasLocksOfWords, stage.onlooker().isThere() ? Places.maker() : "", count);
  }

  @Override
  public void fullFence() {
    if (stage.isConcurrent()) {
      stage.accesses().fence();
    }
  }
}
