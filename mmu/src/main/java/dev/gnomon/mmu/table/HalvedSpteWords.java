package dev.gnomon.mmu.table;

import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;

/**
 * Entries of a host whose words hold half of one. The low half says whether there is an entry: P is
 * in it, and where nothing is mapped it is 0. The processor's walk reads all 8 bytes at once, other
 * CPUs read half by half, and none of them may see the halves of two entries together:
 *
 * <table>
 * <caption>How an entry is replaced</caption>
 * <tr><th>from</th><th>to</th><th>by</th></tr>
 * <tr><td>nothing</td><td>an entry</td><td>its high half, then its low half: until that, there is
 *     nothing</td></tr>
 * <tr><td>an entry</td><td>nothing</td><td>the low half, then the high half; then the table's
 *     change is counted</td></tr>
 * <tr><td>an entry</td><td>one that differs in the low half only</td><td>the low half</td></tr>
 * <tr><td>an entry</td><td>any other</td><td>an exchange of all 8 bytes; then the change is
 *     counted</td></tr>
 * </table>
 *
 * <p>Stores are seen in the order in which they are made, so no fence stands between the halves:
 * each is a release store of the port's.
 *
 * <p>A reader without the lock reads the count, the low half, the high half, the low half again and
 * the count again, until both are what they were. The second look at the low half finds an entry
 * that came or went in between. It does not find one that went, another that came and went, and a
 * third that has come with the first one's low half: the high half may be the second's. That is
 * what is counted. Between two equal counts at most one change that is counted has begun, so at
 * most one high half but 0 was there to be read with the low half.
 *
 * <p>What changes entries without the lock, a fast page fault and the processor, changes low halves
 * only, by a compare-and-exchange of 8 bytes.
 *
 * <p>Source: Intel SDM vol. 3A, 9.1.1: aligned accesses of 8 bytes are atomic. The counts are kept
 * by the number of the table's frame; tables whose numbers agree in the low bits share one, and
 * readers of one then look twice for a change of another.
 */
final class HalvedSpteWords extends SpteWords {
  private static final int COUNTS = 256;

  /** With words of 32 bits. */
  private final PhysicalMemory memory;

  /** Of a table, how often one of its entries went away or changed in its high half. */
  private final SharedWords changes;

  HalvedSpteWords(PhysicalMemory memory, Platform platform) {
    this.memory = memory;
    changes = platform.newWords(COUNTS);
  }

  @Override
  public long get(long sptep) {
    return memory.getLong(sptep);
  }

  @Override
  public long getLockless(long sptep) {
    int table = table(sptep);
    while (true) {
      long count = changes.get(table);
      int low = low(sptep);
      int high = high(sptep);
      if (low(sptep) == low && changes.get(table) == count) {
        return low == 0 ? 0 : join(low, high);
      }
      // Another CPU has changed the table: at once again.
    }
  }

  @Override
  public void set(long sptep, long old, long spte) {
    if (isNothing(old)) {
      storeHigh(sptep, spte);
      storeLow(sptep, spte);
    } else if (isNothing(spte)) {
      storeLow(sptep, spte);
      storeHigh(sptep, spte);
      countChange(sptep);
    } else if (highHalf(old) == highHalf(spte)) {
      storeLow(sptep, spte);
    } else {
      replaceWhole(sptep, spte);
    }
  }

  @Override
  public long exchange(long sptep, long old, long spte) {
    if (!isNothing(spte)) {
      return replaceWhole(sptep, spte);
    }
    int low = exchangeLow(sptep, spte);
    storeHigh(sptep, spte);
    countChange(sptep);
    return join(low, highHalf(old));
  }

  private long replaceWhole(long sptep, long spte) {
    long was = memory.getAndSetLong(sptep, spte);
    countChange(sptep);
    return was;
  }

  @Override
  public long clearBits(long sptep, long old, long bits) {
    if (highHalf(bits) == 0) {
      return join(memory.getAndAndInt(sptep, ~(int) bits), highHalf(old));
    }
    long was = memory.getAndAndLong(sptep, ~bits);
    countChange(sptep);
    return was;
  }

  /** Under the MMU lock for writing, so nobody else counts. */
  private void countChange(long sptep) {
    int table = table(sptep);
    changes.set(table, changes.get(table) + 1);
  }

  private static int table(long sptep) {
    return (int) PhysicalMemory.pfn(sptep) & COUNTS - 1;
  }

  // --- halves ---

  private static boolean isNothing(long spte) {
    return (int) spte == 0;
  }

  private static int highHalf(long spte) {
    return (int) (spte >>> Integer.SIZE);
  }

  private static long join(int low, int high) {
    return (long) high << Integer.SIZE | Integer.toUnsignedLong(low);
  }

  private int low(long sptep) {
    return memory.getInt(sptep);
  }

  private int high(long sptep) {
    return memory.getInt(sptep + Integer.BYTES);
  }

  private void storeLow(long sptep, long spte) {
    memory.setInt(sptep, (int) spte);
  }

  private void storeHigh(long sptep, long spte) {
    memory.setInt(sptep + Integer.BYTES, highHalf(spte));
  }

  private int exchangeLow(long sptep, long spte) {
    return memory.getAndSetInt(sptep, (int) spte);
  }
}
