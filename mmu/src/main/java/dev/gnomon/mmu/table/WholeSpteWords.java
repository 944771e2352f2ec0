package dev.gnomon.mmu.table;

import dev.gnomon.mmu.platform.PhysicalMemory;

/** Entries of a host whose words hold one. */
final class WholeSpteWords extends SpteWords {
  private final PhysicalMemory memory;

  WholeSpteWords(PhysicalMemory memory) {
    this.memory = memory;
  }

  @Override
  public long get(long sptep) {
    return memory.getLong(sptep);
  }

  @Override
  public long getLockless(long sptep) {
    return memory.getLong(sptep);
  }

  @Override
  public void set(long sptep, long old, long spte) {
    memory.setLong(sptep, spte);
  }

  @Override
  public long exchange(long sptep, long old, long spte) {
    return memory.getAndSetLong(sptep, spte);
  }

  @Override
  public long clearBits(long sptep, long old, long bits) {
    return memory.getAndAndLong(sptep, ~bits);
  }
}
