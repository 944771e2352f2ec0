package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;

/** A CPU of which each wait and each choice is a step. */
final class ExploredCpu extends Cpu {
  /** Who is alone and tries again so often never succeeds. */
  private static final int PATIENCE = 10_000;

  private final Stage stage;
  private int retriesAlone;

  ExploredCpu(Stage stage, int index) {
    super(index);
    this.stage = stage;
  }

  @Override
  public void awaitChange(SharedWords words, int index, long seen) {
    ExploredWords explored = (ExploredWords) words;
    if (stage.isConcurrent()) {
      stage.accesses().awaitChange(explored.location(index), seen);
    } else if (explored.value(index) == seen) {
      waitsInVain(explored.describe(index), seen);
    }
  }

  @Override
  public void awaitChange(PhysicalMemory memory, long hpa, long seen) {
    ExploredMemory explored = (ExploredMemory) memory;
    if (stage.isConcurrent()) {
      stage.accesses().awaitChange(explored.location(hpa), seen);
    } else if (explored.peek(hpa) == seen) {
      waitsInVain("memory 0x" + Long.toHexString(hpa), seen);
    }
  }

  private void waitsInVain(String word, long seen) {
    stage.violate(
        new Violation(
            Property.PROGRESS,
            "deadlock: CPU "
                + index()
                + ", alone, waits for "
                + word
                + " to change from 0x"
                + Long.toHexString(seen)));
  }

  @Override
  public void attempting() {
    if (stage.isConcurrent()) {
      stage.accesses().attempt();
    }
  }

  @Override
  public void retrying() {
    if (stage.isConcurrent()) {
      stage.accesses().retry();
    } else if (++retriesAlone > PATIENCE) {
      stage.violate(
          new Violation(
              Property.PROGRESS, "livelock: CPU " + index() + ", alone, tries again for ever"));
    }
  }

  @Override
  public int choose(int n) {
    return stage.accesses().choose(n);
  }
}
