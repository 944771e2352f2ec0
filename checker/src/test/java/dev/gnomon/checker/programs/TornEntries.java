package dev.gnomon.checker.programs;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.table.SpteWords;
import java.util.function.LongSupplier;

/**
 * The entry of a table on a 32-bit host, which one CPU replaces as the holder of the MMU lock does,
 * while another looks at it. On two CPUs.
 *
 * <p>The first and the third entry have the same low half, and no two have the same high half: so
 * whatever is made of the halves of two is none of them.
 */
public final class TornEntries {
  private static final long NOTHING = 0;
  private static final long PRESENT = 1;
  private static final long ACCESSED = 1 << 5;
  private static final long FIRST = 0x1_0000_0000_1003L;
  private static final long SECOND = 0x2_0000_0000_2003L;
  private static final long THIRD = 0x4_0000_0000_1003L;
  private static final int HOST_BITS = 32;

  private final Execution execution;
  private final PhysicalMemory memory;
  private final SpteWords words;
  private final long sptep;

  private TornEntries(Execution execution, long entry) {
    this.execution = execution;
    memory = execution.platform().memory();
    words = SpteWords.of(execution.platform(), HOST_BITS);
    sptep = PhysicalMemory.hpa(execution.platform().frames().allocate(execution.cpu(0)));
    memory.setLong(sptep, entry);
  }

  /** A reader without the lock, while entries come and go. */
  public static void readWhileZapped(Execution execution) {
    TornEntries it = new TornEntries(execution, FIRST);
    it.beside(() -> it.words.getLockless(it.sptep), it::zapAndMap);
  }

  /** The processor's walk, while entries come and go. */
  public static void walkWhileZapped(Execution execution) {
    TornEntries it = new TornEntries(execution, FIRST);
    it.beside(it::walk, it::zapAndMap);
  }

  /** A reader without the lock, while entries are replaced by others. */
  public static void readWhileReplaced(Execution execution) {
    TornEntries it = new TornEntries(execution, FIRST);
    it.beside(() -> it.words.getLockless(it.sptep), it::replaceInPlace);
  }

  /** The processor's walk, while entries are replaced by others. */
  public static void walkWhileReplaced(Execution execution) {
    TornEntries it = new TornEntries(execution, FIRST);
    it.beside(it::walk, it::replaceInPlace);
  }

  /** The processor sets A in an entry that is cleared: whoever clears it is told. */
  public static void accessWhileZapped(Execution execution) {
    TornEntries it = new TornEntries(execution, FIRST);
    SharedWords outcome = execution.platform().newWords(2);
    execution.start(
        0, "zaps", cpu -> outcome.set(0, it.words.exchange(it.sptep, FIRST, NOTHING) & ACCESSED));
    execution.start(
        1,
        "accesses",
        cpu -> {
          long spte = it.walk();
          boolean isSet =
              spte != NOTHING
                  && it.memory.compareAndExchangeLong(it.sptep, spte, spte | ACCESSED) == spte;
          outcome.set(1, isSet ? ACCESSED : 0);
        });
    execution.join();
    assertThat(it.memory.getLong(it.sptep)).isZero();
    assertThat(outcome.get(0)).as("the A that was zapped").isEqualTo(outcome.get(1));
  }

  private void beside(LongSupplier look, Runnable change) {
    execution.start(0, "changes", cpu -> change.run());
    execution.start(1, "looks", cpu -> requireEntry(look.getAsLong()));
    execution.join();
    assertThat(memory.getLong(sptep)).isEqualTo(THIRD);
  }

  private static void requireEntry(long spte) {
    assertThat(spte).isIn(NOTHING, FIRST, SECOND, THIRD);
  }

  private void zapAndMap() {
    words.exchange(sptep, FIRST, NOTHING);
    words.set(sptep, NOTHING, SECOND);
    words.set(sptep, SECOND, NOTHING);
    words.set(sptep, NOTHING, THIRD);
  }

  private void replaceInPlace() {
    words.set(sptep, FIRST, SECOND);
    words.exchange(sptep, SECOND, THIRD);
  }

  /** What the processor finds: 8 bytes at once, of which it looks at P first. */
  private long walk() {
    long spte = memory.ofPageWalks().getLong(sptep);
    return (spte & PRESENT) == 0 ? NOTHING : spte;
  }
}
