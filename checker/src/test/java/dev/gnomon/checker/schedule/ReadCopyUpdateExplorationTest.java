package dev.gnomon.checker.schedule;

import static dev.gnomon.mmu.platform.PhysicalMemory.hpa;
import static dev.gnomon.mmu.platform.PhysicalMemory.pfn;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.property.Property;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import java.util.ArrayDeque;
import java.util.Queue;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * {@link ReadCopyUpdate}, and its protocol with one part left out, in every interleaving: a table
 * is replaced and freed under readers. The explorer itself sees who reads a table that is free.
 */
class ReadCopyUpdateExplorationTest {

  private interface Maker {
    ReadCopyUpdate make(Execution execution, ReadCopyUpdate.Reclaimer reclaimer);
  }

  private static final Maker ITS_OWN =
      (execution, reclaimer) -> execution.synchronization().readCopyUpdate(reclaimer);

  /** What the writer does to the table before. */
  private enum Writer {
    RETIRES_AND_POLLS {
      @Override
      void replace(Cpu cpu, Table table) {
        table.rcu.retire(cpu, pfn(table.exchange(cpu)));
        table.rcu.poll(cpu);
      }
    },
    RETIRES_AND_DRAINS {
      @Override
      void replace(Cpu cpu, Table table) {
        table.rcu.retire(cpu, pfn(table.exchange(cpu)));
        table.rcu.drain(cpu);
        assertThat(table.rcu.pending(cpu)).isZero();
      }
    },
    WAITS_AND_FREES {
      @Override
      void replace(Cpu cpu, Table table) {
        long old = table.exchange(cpu);
        table.rcu.synchronize(cpu);
        table.free(cpu, pfn(old));
      }
    },
    UNLINKS_BY_A_STORE {
      @Override
      void replace(Cpu cpu, Table table) {
        long old = table.pointer.get(0);
        table.pointer.set(0, table.allocate(cpu));
        table.rcu.retire(cpu, pfn(old));
        table.rcu.poll(cpu);
      }
    },
    /** Wrongly. */
    RETIRES_BEFORE_IT_UNLINKS {
      @Override
      void replace(Cpu cpu, Table table) {
        long old = table.pointer.get(0);
        table.rcu.retire(cpu, pfn(old));
        table.pointer.set(0, table.allocate(cpu));
        table.rcu.poll(cpu);
      }
    };

    abstract void replace(Cpu cpu, Table table);
  }

  private static final class Table {
    final Execution execution;
    final PhysicalMemory memory;
    final ReadCopyUpdate rcu;
    final SharedWords pointer;

    Table(Execution execution, Maker maker) {
      this.execution = execution;
      memory = execution.platform().memory();
      rcu = maker.make(execution, this::free);
      pointer = execution.platform().newWords(1);
      pointer.set(0, allocate(execution.cpu(0)));
    }

    long allocate(Cpu cpu) {
      return hpa(execution.platform().frames().allocate(cpu));
    }

    long exchange(Cpu cpu) {
      return pointer.getAndSet(0, allocate(cpu));
    }

    void free(Cpu cpu, long frame) {
      execution.platform().frames().free(cpu, frame);
    }

    void read(Cpu cpu) {
      rcu.readLock(cpu);
      long at = pointer.get(0);
      memory.getLong(at);
      memory.getLong(at + 8);
      rcu.readUnlock(cpu);
    }
  }

  private static void replace(
      Execution execution, Maker maker, Writer writer, int readers, int rounds) {
    Table table = new Table(execution, maker);
    long allocated = execution.frames().allocated();
    execution.start(
        0,
        "replaces",
        cpu -> {
          for (int round = 0; round < rounds; round++) {
            writer.replace(cpu, table);
          }
        });
    for (int i = 1; i <= readers; i++) {
      execution.start(i, "reads " + i, table::read);
    }
    execution.join();
    table.rcu.drainAll(execution.cpu(0));
    assertThat(table.rcu.pending(execution.cpu(0))).isZero();
    assertThat(execution.frames().allocated()).as("all but one are freed").isEqualTo(allocated);
  }

  static Stream<Arguments> writersInAllSettings() {
    return Stream.of(
            Writer.RETIRES_AND_POLLS,
            Writer.RETIRES_AND_DRAINS,
            Writer.WAITS_AND_FREES,
            Writer.UNLINKS_BY_A_STORE)
        .flatMap(writer -> Setting.all().map(setting -> Arguments.of(writer, setting)));
  }

  @ParameterizedTest
  @MethodSource("writersInAllSettings")
  void aReaderIsNeverLeftWithAFreedTable(Writer writer, Setting setting) {
    setting.assertSafe(2, execution -> replace(execution, ITS_OWN, writer, 1, 2));
  }

  @ParameterizedTest
  @MethodSource("writersInAllSettings")
  void twoReadersAreNeither(Writer writer, Setting setting) {
    setting.assertSafe(3, execution -> replace(execution, ITS_OWN, writer, 2, 1));
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void whatIsRetiredBeforeItIsUnlinkedIsUsedAfterFree(Setting setting) {
    assertThat(
            setting
                .assertRefuted(
                    2,
                    execution ->
                        replace(execution, ITS_OWN, Writer.RETIRES_BEFORE_IT_UNLINKS, 1, 1))
                .property())
        .isEqualTo(Property.NO_USE_AFTER_FREE);
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void twoThatRetireAtOnceDoNotDisturbEachOther(Setting setting) {
    setting.assertSafe(
        2,
        execution -> {
          Table table = new Table(execution, ITS_OWN);
          long allocated = execution.frames().allocated();
          for (int i = 0; i < 2; i++) {
            execution.start(
                i,
                "replaces and reads " + i,
                cpu -> {
                  Writer.RETIRES_AND_POLLS.replace(cpu, table);
                  table.read(cpu);
                });
          }
          execution.join();
          table.rcu.drainAll(execution.cpu(0));
          assertThat(execution.frames().allocated()).isEqualTo(allocated);
        });
  }

  /** The parts of the protocol. */
  private enum Part {
    ANNOUNCEMENT,
    FENCE_OF_READER,
    GRACE_PERIOD,
    NONE
  }

  /** How it is made, in a few lines, without some part. */
  private static final class Sketch extends ReadCopyUpdate {
    private static final int EPOCH = 0;

    private record Retired(long epoch, long thing) {}

    private final Platform platform;
    private final Reclaimer reclaimer;
    private final Part missing;
    private final SharedWords words;
    private final Queue<Retired> queue = new ArrayDeque<>();

    Sketch(Platform platform, Reclaimer reclaimer, Part missing) {
      this.platform = platform;
      this.reclaimer = reclaimer;
      this.missing = missing;
      words = platform.newWords(1 + platform.cpus());
      words.set(EPOCH, 1);
    }

    @Override
    public void readLock(Cpu cpu) {
      if (missing != Part.ANNOUNCEMENT) {
        words.set(1 + cpu.index(), words.get(EPOCH));
      }
      if (missing != Part.FENCE_OF_READER) {
        platform.fullFence();
      }
    }

    @Override
    public void readUnlock(Cpu cpu) {
      words.set(1 + cpu.index(), 0);
    }

    @Override
    public boolean isReadBy(Cpu cpu) {
      return words.get(1 + cpu.index()) != 0;
    }

    @Override
    public void retire(Cpu cpu, long thing) {
      queue.add(new Retired(words.getAndAdd(EPOCH, 1), thing));
    }

    @Override
    public void poll(Cpu cpu) {
      long oldest = missing == Part.GRACE_PERIOD ? Long.MAX_VALUE : oldestReader();
      while (!queue.isEmpty() && queue.element().epoch < oldest) {
        reclaimer.reclaim(cpu, queue.remove().thing);
      }
    }

    private long oldestReader() {
      long oldest = Long.MAX_VALUE;
      for (int i = 1; i < words.length(); i++) {
        long epoch = words.get(i);
        oldest = epoch == 0 ? oldest : Math.min(oldest, epoch);
      }
      return oldest;
    }

    @Override
    public void synchronize(Cpu cpu) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void drain(Cpu cpu) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void drainAll(Cpu cpu) {
      poll(cpu);
    }

    @Override
    public int pending(Cpu cpu) {
      return queue.size();
    }
  }

  private static void without(Part missing, Execution execution) {
    replace(
        execution,
        (on, reclaimer) -> new Sketch(on.platform(), reclaimer, missing),
        Writer.RETIRES_AND_POLLS,
        1,
        1);
  }

  private static void assertRefuted(Part missing, Setting setting) {
    assertThat(setting.assertRefuted(2, execution -> without(missing, execution)).property())
        .isEqualTo(Property.NO_USE_AFTER_FREE);
  }

  @Test
  void withAllItsPartsItIsSafe() {
    Setting.SC.assertSafe(2, execution -> without(Part.NONE, execution));
    Setting.TSO.assertSafe(2, execution -> without(Part.NONE, execution));
  }

  @Test
  void aReaderThatAnnouncesNothingIsRefuted() {
    assertRefuted(Part.ANNOUNCEMENT, Setting.SC);
  }

  @Test
  void aReaderWithoutAFenceIsRefutedUnderTsoOnly() {
    Setting.SC.assertSafe(2, execution -> without(Part.FENCE_OF_READER, execution));
    assertRefuted(Part.FENCE_OF_READER, Setting.TSO);
  }

  @Test
  void aWriterThatDoesNotAwaitAGracePeriodIsRefuted() {
    assertRefuted(Part.GRACE_PERIOD, Setting.SC);
  }
}
