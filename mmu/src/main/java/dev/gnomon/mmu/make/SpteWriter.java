package dev.gnomon.mmu.make;

import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.VolatilityRule;
import dev.gnomon.mmu.spte.WriteRule;
import dev.gnomon.mmu.table.SpteWords;

/**
 * Writes shadow page-table entries; the only class that does, apart from the processor's own
 * updates of A and D.
 *
 * <p>Under the write lock a volatile leaf (someone may change it without the lock) is replaced by
 * an atomic exchange, so that the bits that were there are known; any other entry by a plain store.
 * What a method returns is what decides about dirt and flushes, never what was read before. Under
 * the read lock, and without a lock, an entry is only ever changed by compare-and-exchange.
 */
public final class SpteWriter {
  private final PhysicalMemory memory;
  private final SpteWords words;
  private final SpteFormat format;
  private final VolatilityRule volatility;
  private final WriteRule writeRule;
  private final Statistics statistics;

  public SpteWriter(
      PhysicalMemory memory,
      SpteWords words,
      SpteFormat format,
      VolatilityRule volatility,
      WriteRule writeRule,
      Statistics statistics) {
    this.memory = memory;
    this.words = words;
    this.format = format;
    this.volatility = volatility;
    this.writeRule = writeRule;
    this.statistics = statistics;
  }

  /**
   * Under the write lock: replaces an entry of a table of {@code level} that was read as {@code
   * old}.
   *
   * @return what was there
   */
  public long replace(Cpu cpu, long sptep, long old, long spte, int level) {
    check(spte, level);
    if (isExchanged(cpu, old, level)) {
      return words.exchange(sptep, old, spte);
    }
    words.set(sptep, old, spte);
    return old;
  }

  /**
   * Under the write lock: clears bits of a shadow-present leaf that was read as {@code old}.
   *
   * @return what was there
   */
  public long clearBits(Cpu cpu, long sptep, long old, long bits, int level) {
    if (isExchanged(cpu, old, level)) {
      return words.clearBits(sptep, old, bits);
    }
    words.set(sptep, old, old & ~bits);
    return old;
  }

  /** Replaces an entry if it still is {@code old}, in any lock mode; returns whether it was. */
  public boolean tryReplace(long sptep, long old, long spte, int level) {
    check(spte, level);
    return memory.compareAndExchangeLong(sptep, old, spte) == old;
  }

  /**
   * Replaces an entry that is already out of the vCPUs' reach through memory; returns what was
   * there.
   */
  public long exchange(long sptep, long spte) {
    return memory.getAndSetLong(sptep, spte);
  }

  /**
   * Without any lock: stores the fix of a fast page fault blindly over what was read as {@code
   * old}. For the rule that tries that.
   */
  public void storeUnchecked(long sptep, long old, long spte) {
    words.set(sptep, old, spte);
  }

  /** Fills in an entry of a table that nobody else can reach yet. */
  public void initialise(long sptep, long spte, int level) {
    check(spte, level);
    memory.setLong(sptep, spte);
  }

  private boolean isExchanged(Cpu cpu, long old, int level) {
    if (!SpteFormat.isPresentLeaf(old, level)) {
      return false;
    }
    boolean isExchanged = writeRule.isExchanged(volatility.isVolatile(format, old));
    statistics.count(cpu, isExchanged ? Stat.SPTE_ATOMIC_WRITES : Stat.SPTE_PLAIN_WRITES);
    return isExchanged;
  }

  private void check(long spte, int level) {
    if (SpteFormat.isShadowPresent(spte)) {
      if (SpteFormat.isLeaf(spte, level)) {
        format.checkWritable(spte);
      }
      format.checkReserved(spte, level);
    }
  }
}
