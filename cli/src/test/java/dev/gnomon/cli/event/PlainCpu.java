package dev.gnomon.cli.event;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;

/** A CPU that is only a number. */
final class PlainCpu extends Cpu {
  PlainCpu(int index) {
    super(index);
  }

  @Override
  public void awaitChange(SharedWords words, int index, long seen) {}

  @Override
  public void awaitChange(PhysicalMemory memory, long hpa, long seen) {}

  @Override
  public void retrying() {}

  @Override
  public int choose(int n) {
    return 0;
  }
}
