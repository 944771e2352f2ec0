package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.dirty.DirtyRing;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** {@link DirtyRing} between its producer and its harvester, in every interleaving. */
class DirtyRingExplorationTest {
  private static final int SLOT = 3;
  private static final int SIZE = 1024;

  /** How many entries there are in a ring whose vCPU must wait. */
  private static final int SOFT_LIMIT = 448;

  private interface Ring {
    void push(long offset);

    boolean isFull();

    /** Returns -1 if there is none. */
    long harvest();

    void reset();
  }

  private static final class ItsOwn implements Ring {
    private final DirtyRing ring;

    ItsOwn(Platform platform) {
      ring = new DirtyRing(platform, SIZE);
    }

    @Override
    public void push(long offset) {
      ring.push(SLOT, offset);
    }

    @Override
    public boolean isFull() {
      return ring.isSoftFull();
    }

    @Override
    public long harvest() {
      long entry = ring.harvest();
      assertThat(entry < 0 || DirtyRing.slotId(entry) == SLOT).isTrue();
      return entry < 0 ? -1 : DirtyRing.offset(entry);
    }

    @Override
    public void reset() {
      ring.reset();
    }
  }

  /** The producer pushes, and waits for room; the harvester takes all, in the order of pushing. */
  private static void produceAndHarvest(Execution execution, Ring ring, int entries) {
    List<Long> harvested = new ArrayList<>();
    execution.start(
        0,
        "produces",
        cpu -> {
          for (long offset = 1; offset <= entries; offset++) {
            while (ring.isFull()) {
              cpu.retrying();
            }
            ring.push(offset);
          }
        });
    execution.start(1, "harvests", cpu -> harvest(cpu, ring, entries, harvested));
    execution.join();
    List<Long> expected = new ArrayList<>();
    for (long offset = 1; offset <= entries; offset++) {
      expected.add(offset);
    }
    assertThat(harvested).isEqualTo(expected);
  }

  private static void harvest(Cpu cpu, Ring ring, int entries, List<Long> into) {
    while (into.size() < entries) {
      cpu.attempting();
      long entry = ring.harvest();
      if (entry >= 0) {
        into.add(entry);
      } else {
        ring.reset();
        cpu.retrying();
      }
    }
    ring.reset();
  }

  @ParameterizedTest
  @EnumSource
  void nothingIsLostNorTakenTwice(MemoryModel model) {
    new Setting(model, false)
        .assertSafe(
            2, execution -> produceAndHarvest(execution, new ItsOwn(execution.platform()), 3));
  }

  @ParameterizedTest
  @EnumSource
  void norIsItWhereTheVcpuHasToWaitForRoom(MemoryModel model) {
    new Setting(model, false)
        .assertSafe(
            2,
            execution -> {
              Ring ring = new ItsOwn(execution.platform());
              for (int i = 0; i < SOFT_LIMIT - 1; i++) {
                ring.push(i);
                ring.harvest();
              }
              assertThat(ring.isFull()).isFalse();
              produceAndHarvest(execution, ring, 2);
            });
  }

  /** The parts of the protocol. */
  private enum Part {
    ENTRY_BEFORE_COUNT,
    ROOM_IS_AWAITED,
    ROOM_IS_GIVEN_BACK_LAST,
    NONE
  }

  /** How it is made, in a few lines, with two entries and without some part. */
  private static final class Sketch implements Ring {
    private static final int PUSHED = 0;
    private static final int HARVESTED = 1;
    private static final int RESET = 2;
    private static final int ENTRIES = 3;
    private static final int ROOM = 2;

    private final Part missing;
    private final SharedWords words;

    Sketch(Platform platform, Part missing) {
      this.missing = missing;
      words = platform.newWords(ENTRIES + ROOM);
    }

    private static int entry(long count) {
      return ENTRIES + (int) (count % ROOM);
    }

    @Override
    public void push(long offset) {
      long pushed = words.get(PUSHED);
      if (missing == Part.ENTRY_BEFORE_COUNT) {
        words.set(PUSHED, pushed + 1);
        words.set(entry(pushed), offset);
      } else {
        words.set(entry(pushed), offset);
        words.set(PUSHED, pushed + 1);
      }
    }

    @Override
    public boolean isFull() {
      return missing != Part.ROOM_IS_AWAITED && words.get(PUSHED) - words.get(RESET) >= ROOM;
    }

    @Override
    public long harvest() {
      long harvested = words.get(HARVESTED);
      if (harvested == words.get(PUSHED)) {
        return -1;
      }
      words.set(HARVESTED, harvested + 1);
      if (missing == Part.ROOM_IS_GIVEN_BACK_LAST) {
        reset();
      }
      return words.get(entry(harvested));
    }

    @Override
    public void reset() {
      words.set(RESET, words.get(HARVESTED));
    }
  }

  private static void without(Part missing, Execution execution) {
    produceAndHarvest(execution, new Sketch(execution.platform(), missing), 3);
  }

  @Test
  void withAllItsPartsItIsSafe() {
    Setting.SC.assertSafe(2, execution -> without(Part.NONE, execution));
    Setting.TSO.assertSafe(2, execution -> without(Part.NONE, execution));
  }

  @ParameterizedTest
  @EnumSource(mode = EnumSource.Mode.EXCLUDE, names = "NONE")
  void withoutAnyOfThemItIsRefuted(Part missing) {
    Setting.SC.assertRefuted(2, execution -> without(missing, execution));
  }
}
