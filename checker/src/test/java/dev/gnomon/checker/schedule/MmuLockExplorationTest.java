package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.property.Property;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.MmuLock;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link MmuLock}, and its protocol with one part left out, in every interleaving. */
class MmuLockExplorationTest {

  /** Writers change two words, one after the other; readers compare them. */
  private static void readAndWrite(
      Execution execution, MmuLock lock, int readers, int writers, int rounds) {
    SharedWords words = execution.platform().newWords(2);
    for (int i = 0; i < readers; i++) {
      execution.start(
          i,
          "reads " + i,
          cpu -> {
            for (int round = 0; round < rounds; round++) {
              lock.readLock(cpu);
              assertThat(words.get(0)).as("half a write").isEqualTo(words.get(1));
              lock.readUnlock(cpu);
            }
          });
    }
    for (int i = readers; i < readers + writers; i++) {
      execution.start(
          i,
          "writes " + i,
          cpu -> {
            lock.writeLock(cpu);
            words.set(0, words.get(0) + 1);
            words.set(1, words.get(1) + 1);
            lock.writeUnlock(cpu);
          });
    }
    execution.join();
    assertThat(words.get(0)).isEqualTo(writers);
    assertThat(words.get(1)).isEqualTo(writers);
  }

  private static void readAndWrite(Setting setting, int readers, int writers, int rounds) {
    setting.assertSafe(
        readers + writers,
        execution ->
            readAndWrite(
                execution, execution.synchronization().mmuLock(), readers, writers, rounds));
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void aReaderSeesNoHalfOfAWrite(Setting setting) {
    readAndWrite(setting, 1, 1, 3);
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void writersExcludeEachOther(Setting setting) {
    readAndWrite(setting, 0, 2, 1);
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void twoReadersSeeNoHalfOfAWrite(Setting setting) {
    readAndWrite(setting, 2, 1, 2);
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void twoWritersAndAReaderDoNotDisturbEachOther(Setting setting) {
    readAndWrite(setting, 1, 2, 1);
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.checker.schedule.Setting#all")
  void readersCanBeInsideTogether(Setting setting) {
    setting.assertSafe(
        2,
        execution -> {
          MmuLock lock = execution.synchronization().mmuLock();
          SharedWords arrived = execution.platform().newWords(1);
          for (int i = 0; i < 2; i++) {
            execution.start(
                i,
                "reads " + i,
                cpu -> {
                  lock.readLock(cpu);
                  arrived.getAndAdd(0, 1);
                  long seen;
                  while ((seen = arrived.get(0)) < 2) {
                    cpu.awaitChange(arrived, 0, seen);
                  }
                  lock.readUnlock(cpu);
                });
          }
          execution.join();
        });
  }

  /** The parts of the protocol. */
  private enum Part {
    FENCE_OF_READER,
    READER_WITHDRAWS,
    WRITER_AWAITS_READERS
  }

  /** How the lock is made, in a few lines, without some part. */
  private static final class Sketch extends MmuLock {
    private static final int WRITER = 0;

    private final Platform platform;
    private final Part missing;
    private final SharedWords words;

    Sketch(Platform platform, Part missing) {
      this.platform = platform;
      this.missing = missing;
      words = platform.newWords(1 + platform.cpus());
    }

    @Override
    public void readLock(Cpu cpu) {
      int mine = 1 + cpu.index();
      words.set(mine, 1);
      fence();
      long writer;
      while ((writer = words.get(WRITER)) != 0) {
        if (missing != Part.READER_WITHDRAWS) {
          words.set(mine, 0);
        }
        cpu.awaitChange(words, WRITER, writer);
        words.set(mine, 1);
        fence();
      }
    }

    private void fence() {
      if (missing != Part.FENCE_OF_READER) {
        platform.fullFence();
      }
    }

    @Override
    public void readUnlock(Cpu cpu) {
      words.set(1 + cpu.index(), 0);
    }

    @Override
    public void writeLock(Cpu cpu) {
      long holder;
      while ((holder = words.compareAndExchange(WRITER, 0, cpu.index() + 1)) != 0) {
        cpu.awaitChange(words, WRITER, holder);
      }
      if (missing != Part.WRITER_AWAITS_READERS) {
        for (int i = 1; i < words.length(); i++) {
          while (words.get(i) != 0) {
            cpu.awaitChange(words, i, 1);
          }
        }
      }
    }

    @Override
    public void writeUnlock(Cpu cpu) {
      words.set(WRITER, 0);
    }

    @Override
    public boolean isReadBy(Cpu cpu) {
      return words.get(1 + cpu.index()) != 0;
    }

    @Override
    public boolean isWrittenBy(Cpu cpu) {
      return words.get(WRITER) == cpu.index() + 1;
    }

    @Override
    public boolean isContended(Cpu cpu) {
      return false;
    }
  }

  private static void without(Part part, Execution execution) {
    readAndWrite(execution, new Sketch(execution.platform(), part), 1, 1, 1);
  }

  @Test
  void aReaderWithoutAFenceIsRefutedUnderTsoOnly() {
    Setting.SC.assertSafe(2, execution -> without(Part.FENCE_OF_READER, execution));
    assertThat(
            Setting.TSO
                .assertRefuted(2, execution -> without(Part.FENCE_OF_READER, execution))
                .message())
        .contains("half a write");
  }

  @Test
  void aWriterThatDoesNotAwaitReadersIsRefuted() {
    assertThat(
            Setting.SC
                .assertRefuted(2, execution -> without(Part.WRITER_AWAITS_READERS, execution))
                .message())
        .contains("half a write");
  }

  @Test
  void aReaderThatDoesNotWithdrawIsADeadlock() {
    assertThat(
            Setting.SC
                .assertRefuted(2, execution -> without(Part.READER_WITHDRAWS, execution))
                .property())
        .isEqualTo(Property.PROGRESS);
  }
}
