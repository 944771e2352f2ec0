package dev.gnomon.machine.port;

import static dev.gnomon.machine.port.MemoryContract.frame;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import org.junit.jupiter.api.Test;

/**
 * That nothing comes between the halves of a read-modify-write, nor between the bytes of a store.
 */
abstract class AtomicityContract {
  private static final int CPUS = 3;

  private final Backend backend;

  AtomicityContract(Backend backend) {
    this.backend = backend;
  }

  /** A word under test, 32 or 64 bits wide. */
  private interface Word {
    long get();

    long compareAndExchange(long expected, long value);

    long getAndSet(long value);

    long getAndAdd(long delta);

    long getAndAnd(long mask);

    long getAndOr(long mask);
  }

  private record LongInMemory(PhysicalMemory memory, long hpa) implements Word {
    @Override
    public long get() {
      return memory.getLong(hpa);
    }

    @Override
    public long compareAndExchange(long expected, long value) {
      return memory.compareAndExchangeLong(hpa, expected, value);
    }

    @Override
    public long getAndSet(long value) {
      return memory.getAndSetLong(hpa, value);
    }

    @Override
    public long getAndAdd(long delta) {
      return memory.getAndAddLong(hpa, delta);
    }

    @Override
    public long getAndAnd(long mask) {
      return memory.getAndAndLong(hpa, mask);
    }

    @Override
    public long getAndOr(long mask) {
      return memory.getAndOrLong(hpa, mask);
    }
  }

  private record IntInMemory(PhysicalMemory memory, long hpa) implements Word {
    @Override
    public long get() {
      return memory.getInt(hpa);
    }

    @Override
    public long compareAndExchange(long expected, long value) {
      return memory.compareAndExchangeInt(hpa, (int) expected, (int) value);
    }

    @Override
    public long getAndSet(long value) {
      return memory.getAndSetInt(hpa, (int) value);
    }

    @Override
    public long getAndAdd(long delta) {
      return memory.getAndAddInt(hpa, (int) delta);
    }

    @Override
    public long getAndAnd(long mask) {
      return memory.getAndAndInt(hpa, (int) mask);
    }

    @Override
    public long getAndOr(long mask) {
      return memory.getAndOrInt(hpa, (int) mask);
    }
  }

  private record Shared(SharedWords words) implements Word {
    @Override
    public long get() {
      return words.get(1);
    }

    @Override
    public long compareAndExchange(long expected, long value) {
      return words.compareAndExchange(1, expected, value);
    }

    @Override
    public long getAndSet(long value) {
      return words.getAndSet(1, value);
    }

    @Override
    public long getAndAdd(long delta) {
      return words.getAndAdd(1, delta);
    }

    @Override
    public long getAndAnd(long mask) {
      return words.getAndAnd(1, mask);
    }

    @Override
    public long getAndOr(long mask) {
      return words.getAndOr(1, mask);
    }
  }

  private interface Body {
    /** Returns what it contributes to the total that all bodies report. */
    long run(Cpu cpu, Word word, int round);
  }

  private interface Check {
    void check(long finalValue, long total);
  }

  @Test
  void noAdditionIsLost() {
    contend(
        (cpu, word, round) -> {
          word.getAndAdd(3);
          return 3;
        },
        (value, total) -> assertThat(value).isEqualTo(total));
  }

  @Test
  void aSuccessfulCompareAndExchangeLosesNothing() {
    contend(
        (cpu, word, round) -> {
          long seen;
          while (word.compareAndExchange(seen = word.get(), seen + 1) != seen) {
            cpu.retrying();
          }
          return 1;
        },
        (value, total) -> assertThat(value).isEqualTo(total));
  }

  @Test
  void whatIsExchangedIsSeenByExactlyOne() {
    contend(
        (cpu, word, round) -> {
          long put = (long) round * CPUS + cpu.index() + 1;
          return put - word.getAndSet(put);
        },
        (value, total) -> assertThat(value).isEqualTo(total));
  }

  @Test
  void eachSettingOfABitIsSeenByExactlyOneClearing() {
    contend(
        (cpu, word, round) -> {
          long bit = 1L << round % 2;
          if (cpu.index() == 0) {
            return Long.bitCount(word.getAndAnd(~bit) & bit) * -bit;
          }
          return (word.getAndOr(bit) & bit) == 0 ? bit : 0;
        },
        (value, total) -> assertThat(value).isEqualTo(total));
  }

  /** All CPUs do the same to one word, in each place that a word can lie in. */
  private void contend(Body body, Check check) {
    backend.explore(
        CPUS,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          long at = frame(execution);
          memory.setLong(at, 0);
          memory.setLong(at + 8, 0);
          contend(execution, new LongInMemory(memory, at), body, check);
          contend(execution, new IntInMemory(memory, at + 12), body, check);
          assertThat(memory.getInt(at + 8)).as("the neighbour").isZero();
          contend(execution, new Shared(execution.platform().newWords(3)), body, check);
        });
  }

  private void contend(Execution execution, Word word, Body body, Check check) {
    int rounds = backend.accesses();
    SharedWords totals = execution.platform().newWords(CPUS);
    Meeting start = new Meeting(execution.platform(), CPUS);
    for (int i = 0; i < CPUS; i++) {
      execution.start(
          i,
          "contends " + i,
          cpu -> {
            start.meet(cpu);
            long total = 0;
            for (int round = 0; round < rounds; round++) {
              total += body.run(cpu, word, round);
            }
            totals.set(cpu.index(), total);
          });
    }
    execution.join();
    check.check(word.get(), totals.get(0) + totals.get(1) + totals.get(2));
  }

  @Test
  void storesToNeighbouringBytesDoNotDisturbEachOther() {
    backend.explore(
        2,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          long at = frame(execution);
          memory.setLong(at, 0);
          Meeting start = new Meeting(execution.platform(), 2);
          for (int i = 0; i < 2; i++) {
            execution.start(
                i,
                "stores bytes " + i,
                cpu -> {
                  start.meet(cpu);
                  long mine = at + 3 + cpu.index();
                  for (int round = 0; round < backend.accesses(); round++) {
                    memory.setByte(mine, (byte) round);
                    assertThat(memory.getByte(mine)).isEqualTo((byte) round);
                  }
                });
          }
          execution.join();
        });
  }

  @Test
  void aLongIsNeverSeenHalfWritten() {
    backend.explore(
        2,
        execution -> {
          PhysicalMemory memory = execution.platform().memory();
          long at = frame(execution);
          memory.setLong(at, 0);
          Meeting start = new Meeting(execution.platform(), 2);
          execution.start(
              0,
              "stores",
              cpu -> {
                start.meet(cpu);
                for (int round = 0; round < backend.accesses(); round++) {
                  memory.setLong(at, -(round & 1));
                }
              });
          execution.start(
              1,
              "loads",
              cpu -> {
                start.meet(cpu);
                for (int round = 0; round < backend.accesses(); round++) {
                  assertThat(memory.getLong(at)).isBetween(-1L, 0L);
                }
              });
          execution.join();
        });
  }
}
