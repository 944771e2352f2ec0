package dev.gnomon.checker.schedule;

import static dev.gnomon.mmu.platform.PhysicalMemory.hpa;
import static dev.gnomon.mmu.platform.PhysicalMemory.pfn;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/** Frames that are freed while they are used, and frames that nobody else knows of. */
class ExploredFramesTest {

  private static Exploration of(Consumer<Execution> program) {
    return Exploration.of(
        execution -> {
          program.accept(execution);
          return null;
        });
  }

  // --- use after free ---

  private record Use(String name, Accessor accessor) {
    @Override
    public String toString() {
      return name;
    }
  }

  private interface Accessor {
    void access(PhysicalMemory memory, long hpa);
  }

  static Stream<Use> uses() {
    return Stream.of(
        new Use("load", (memory, at) -> memory.getLong(at)),
        new Use("load of a byte", (memory, at) -> memory.getByte(at + 1)),
        new Use("store", (memory, at) -> memory.setLong(at, 1)),
        new Use("read-modify-write", (memory, at) -> memory.getAndAddLong(at, 1)),
        new Use("failed exchange", (memory, at) -> memory.compareAndExchangeLong(at, 1, 2)),
        new Use("page walk", (memory, at) -> memory.ofPageWalks().getLong(at)),
        new Use("fill", (memory, at) -> memory.fill(pfn(at), 1)),
        new Use("copy from", (memory, at) -> memory.copy(pfn(at), pfn(at) + 1)),
        new Use("copy to", (memory, at) -> memory.copy(pfn(at) + 1, pfn(at))));
  }

  @ParameterizedTest
  @MethodSource("uses")
  void whatIsUsedAfterItWasFreedIsFound(Use use) {
    assertThat(useDuringFree(use, MemoryModel.SC, true).property())
        .isEqualTo(Property.NO_USE_AFTER_FREE);
  }

  @ParameterizedTest
  @MethodSource("uses")
  void underTsoToo(Use use) {
    assertThat(useDuringFree(use, MemoryModel.TSO, true).property())
        .isEqualTo(Property.NO_USE_AFTER_FREE);
  }

  @ParameterizedTest
  @MethodSource("uses")
  void evenIfTheFrameIsTakenAgainAtOnce(Use use) {
    Result result =
        explore(
            use,
            MemoryModel.SC,
            (execution, cpu, frame) -> {
              execution.platform().frames().free(cpu, frame);
              assertThat(execution.platform().frames().allocate(cpu)).isEqualTo(frame);
            });
    assertThat(result.counterexample().violation().property())
        .isEqualTo(Property.NO_USE_AFTER_FREE);
  }

  @Test
  void aFrameOfTheHostIsAStaleTranslation() {
    Violation violation =
        useDuringFree(new Use("load", (memory, at) -> memory.getLong(at)), MemoryModel.SC, false);
    assertThat(violation.property()).isEqualTo(Property.NO_STALE_TRANSLATION);
  }

  private interface Freeing {
    void free(Execution execution, Cpu cpu, long frame);
  }

  private static Violation useDuringFree(Use use, MemoryModel model, boolean isTable) {
    Result result =
        explore(
            use,
            model,
            (execution, cpu, frame) -> {
              if (!isTable) {
                execution.frames().mark(frame, 1);
              }
              execution.platform().frames().free(cpu, frame);
            });
    return result.counterexample().violation();
  }

  private static Result explore(Use use, MemoryModel model, Freeing freeing) {
    return of(execution -> {
          Frames frames = execution.platform().frames();
          long frame = frames.allocate(execution.cpu(1));
          assertThat(frames.allocate(execution.cpu(1))).isEqualTo(frame + 1);
          execution.start(
              0, "uses", cpu -> use.accessor.access(execution.platform().memory(), hpa(frame)));
          execution.start(1, "frees", cpu -> freeing.free(execution, cpu, frame));
          execution.join();
        })
        .memoryModel(model)
        .explore();
  }

  @Test
  void aStoreThatIsStillInTheBufferWhenItsFrameIsFreedIsFound() {
    Program program =
        execution -> {
          Frames frames = execution.platform().frames();
          long frame = frames.allocate(execution.cpu(1));
          SharedWords done = execution.platform().newWords(1);
          execution.start(
              0,
              "stores",
              cpu -> {
                done.set(0, 1);
                execution.platform().memory().setLong(hpa(frame), 1);
              });
          execution.start(
              1,
              "frees",
              cpu -> {
                cpu.awaitChange(done, 0, 0);
                frames.free(cpu, frame);
              });
          execution.join();
          return null;
        };
    Result result = Exploration.of(program).memoryModel(MemoryModel.TSO).explore();
    assertThat(result.counterexample().violation().property())
        .isEqualTo(Property.NO_USE_AFTER_FREE);
  }

  @Test
  void whoStoppedUsingItBeforeItWasFreedIsFine() {
    Result result =
        of(execution -> {
              Frames frames = execution.platform().frames();
              long frame = frames.allocate(execution.cpu(1));
              SharedWords done = execution.platform().newWords(1);
              execution.start(
                  0,
                  "stores",
                  cpu -> {
                    execution.platform().memory().setLong(hpa(frame), 1);
                    done.set(0, 1);
                  });
              execution.start(
                  1,
                  "frees",
                  cpu -> {
                    cpu.awaitChange(done, 0, 0);
                    frames.free(cpu, frame);
                  });
              execution.join();
            })
            .memoryModel(MemoryModel.TSO)
            .explore();
    assertThat(result.isViolated()).isFalse();
  }

  @Test
  void aFrameThatIsFreedASecondTimeIsWatchedLikeTheFirst() {
    Result result =
        of(execution -> {
              Frames frames = execution.platform().frames();
              PhysicalMemory memory = execution.platform().memory();
              long frame = frames.allocate(execution.cpu(1));
              SharedWords seen = execution.platform().newWords(1);
              SharedWords pointer = execution.platform().newWords(1);
              execution.start(
                  0,
                  "uses both",
                  cpu -> {
                    memory.getLong(hpa(frame));
                    seen.set(0, 1);
                    long again = pointer.get(0);
                    if (again != 0) {
                      memory.getLong(again);
                    }
                  });
              execution.start(
                  1,
                  "frees both",
                  cpu -> {
                    cpu.awaitChange(seen, 0, 0);
                    frames.free(cpu, frame);
                    long again = frames.allocate(cpu);
                    pointer.set(0, hpa(again));
                    frames.free(cpu, again);
                  });
              execution.join();
            })
            .explore();
    assertThat(result.counterexample().violation().property())
        .isEqualTo(Property.NO_USE_AFTER_FREE);
  }

  @Test
  void whatIsFreedTwiceIsAViolation() {
    Result result =
        of(execution -> {
              Frames frames = execution.platform().frames();
              long frame = frames.allocate(execution.cpu(1));
              for (int i = 0; i < 2; i++) {
                execution.start(i, "frees " + i, cpu -> frames.free(cpu, frame));
              }
              execution.join();
            })
            .explore();
    assertThat(result.isViolated()).isTrue();
  }

  // --- frames that nobody else knows of ---

  /** How one CPU tells another of a frame, and how the other learns of it. */
  private record Telling(String name, boolean isSeen, Teller teller, Listener listener) {
    @Override
    public String toString() {
      return name;
    }
  }

  private interface Teller {
    void tell(Shared shared, Cpu cpu, long hpa);
  }

  private interface Listener {
    long learn(Shared shared, Cpu cpu);
  }

  private static final class Shared {
    final SharedWords word;
    final SpinLock lock;
    final PhysicalMemory memory;
    final long table;
    long plain;

    Shared(Execution execution) {
      word = execution.platform().newWords(1);
      lock = execution.synchronization().spinLock();
      memory = execution.platform().memory();
      table = hpa(execution.platform().frames().allocate(execution.cpu(0)));
    }
  }

  static Stream<Telling> tellings() {
    return Stream.of(
        new Telling(
            "its address in a word",
            true,
            (shared, cpu, hpa) -> shared.word.set(0, hpa),
            (shared, cpu) -> shared.word.get(0)),
        new Telling(
            "its address with bits",
            true,
            (shared, cpu, hpa) -> shared.memory.setLong(shared.table, hpa | 0x8000_0000_0000_0867L),
            (shared, cpu) -> shared.memory.getLong(shared.table) & 0x000f_ffff_ffff_f000L),
        new Telling(
            "its address exchanged into a table",
            true,
            (shared, cpu, hpa) -> shared.memory.compareAndExchangeLong(shared.table, 0, hpa | 7),
            (shared, cpu) -> shared.memory.getLong(shared.table) & ~7L),
        new Telling(
            "its number",
            true,
            (shared, cpu, hpa) -> shared.word.getAndSet(0, pfn(hpa)),
            (shared, cpu) -> hpa(shared.word.get(0))),
        new Telling(
            "under a lock",
            true,
            (shared, cpu, hpa) -> {
              shared.lock.lock(cpu);
              shared.plain = hpa;
              shared.lock.unlock(cpu);
            },
            (shared, cpu) -> {
              shared.lock.lock(cpu);
              long told = shared.plain;
              shared.lock.unlock(cpu);
              return told;
            }),
        new Telling(
            "in code",
            false,
            (shared, cpu, hpa) -> shared.word.set(0, ~hpa),
            (shared, cpu) -> {
              long told = shared.word.get(0);
              return told == 0 ? 0 : ~told;
            }),
        new Telling(
            "past the port",
            false,
            (shared, cpu, hpa) -> {
              shared.plain = hpa;
              shared.word.get(0);
            },
            (shared, cpu) -> shared.plain));
  }

  /** Fills a frame, tells of it, and changes it again. */
  private static Exploration telling(Telling telling, Set<Long> seen, MemoryModel model) {
    return of(execution -> {
          Shared shared = new Shared(execution);
          PhysicalMemory memory = execution.platform().memory();
          long[] loaded = {-1};
          execution.start(
              0,
              "makes",
              cpu -> {
                long frame = hpa(execution.platform().frames().allocate(cpu));
                memory.setLong(frame, 1);
                telling.teller.tell(shared, cpu, frame);
                memory.setLong(frame, 2);
                memory.setLong(frame, 3);
              });
          execution.start(
              1,
              "looks",
              cpu -> {
                shared.word.get(0);
                long frame = telling.listener.learn(shared, cpu);
                if (frame != 0) {
                  loaded[0] = memory.getLong(frame);
                }
              });
          execution.join();
          seen.add(loaded[0]);
        })
        .memoryModel(model);
  }

  @ParameterizedTest
  @MethodSource("tellings")
  void whatIsDoneToAFrameAfterOthersWereToldIsSeenStepByStepOrRefused(Telling telling) {
    for (MemoryModel model : MemoryModel.values()) {
      Set<Long> seen = new ConcurrentSkipListSet<>();
      Exploration exploration = telling(telling, seen, model);
      if (telling.isSeen) {
        assertThat(exploration.explore().isViolated()).isFalse();
        assertThat(seen).containsExactly(-1L, 1L, 2L, 3L);
      } else {
        assertThatExceptionOfType(CheckerException.class)
            .isThrownBy(exploration::explore)
            .withMessageContaining("CPU 1 uses frame 0x")
            .withMessageContaining("of which CPU 0 has told nobody through the port");
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void whatIsDoneToAFrameThatNobodyKnowsIsNoStep(MemoryModel model) {
    Result result =
        of(execution -> {
              PhysicalMemory memory = execution.platform().memory();
              for (int i = 0; i < 2; i++) {
                execution.start(
                    i,
                    "keeps to itself " + i,
                    cpu -> {
                      long frame = execution.platform().frames().allocate(cpu);
                      memory.fill(frame, 5);
                      memory.setLong(hpa(frame), 6);
                      memory.getAndAddLong(hpa(frame), 1);
                      assertThat(memory.getLong(hpa(frame))).isEqualTo(7);
                      assertThat(memory.getLong(hpa(frame) + 8)).isEqualTo(5);
                    });
              }
              execution.join();
            })
            .memoryModel(model)
            .explore();
    assertThat(result.executions()).isEqualTo(1);
    assertThat(result.steps()).isZero();
  }
}
