package dev.gnomon.checker.race;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.race.seeded.Shared;
import dev.gnomon.checker.schedule.Counterexample;
import dev.gnomon.checker.schedule.Exploration;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.Mode;
import dev.gnomon.checker.schedule.Program;
import dev.gnomon.checker.schedule.Result;
import dev.gnomon.machine.guest.script.Script;
import dev.gnomon.machine.guest.script.ScriptRun;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.MmuLock;
import java.time.Duration;
import java.util.function.BiConsumer;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Races as violations of what is explored; and the MMU, in which there is none. */
class ExploredRacesTest {
  private static final int EXECUTIONS = 30;

  @ParameterizedTest
  @EnumSource(MemoryModel.class)
  void anUnguardedCounterIsAViolation(MemoryModel model) {
    Result result = explore(model, execution -> new Object(), (cpu, nothing) -> {});
    assertThat(result.counterexample())
        .isNotNull()
        .extracting(Counterexample::violation)
        .returns(Property.NO_DATA_RACE, Violation::property)
        .extracting(Violation::message)
        .asString()
        .contains("Shared.count is ", "by body 0 at Shared.increment:", "by body 1 at ");
  }

  @ParameterizedTest
  @EnumSource(MemoryModel.class)
  void aGuardedOneIsNot(MemoryModel model) {
    Result result =
        explore(
            model,
            execution -> execution.synchronization().spinLock(),
            (cpu, lock) -> lock.lock(cpu),
            (cpu, lock) -> lock.unlock(cpu));
    assertThat(result.counterexample()).isNull();
    assertThat(result.isComplete()).isTrue();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theModeOfTheMmuLockCounts(boolean isForWriting) {
    Result result =
        explore(
            MemoryModel.SC,
            execution -> execution.synchronization().mmuLock(),
            (cpu, lock) -> take(lock, cpu, isForWriting),
            (cpu, lock) -> leave(lock, cpu, isForWriting));
    assertThat(result.isViolated()).isEqualTo(!isForWriting);
  }

  private static void take(MmuLock lock, Cpu cpu, boolean isForWriting) {
    if (isForWriting) {
      lock.writeLock(cpu);
    } else {
      lock.readLock(cpu);
    }
  }

  private static void leave(MmuLock lock, Cpu cpu, boolean isForWriting) {
    if (isForWriting) {
      lock.writeUnlock(cpu);
    } else {
      lock.readUnlock(cpu);
    }
  }

  @ParameterizedTest
  @EnumSource(MemoryModel.class)
  void aFlagInAWordPublishesWhatWasWrittenBefore(MemoryModel model) {
    for (boolean isWrittenBefore : new boolean[] {true, false}) {
      Program program =
          execution -> {
            Shared shared = new Shared();
            SharedWords flag = execution.platform().newWords(1);
            execution.start(
                0,
                "writer",
                cpu -> {
                  if (isWrittenBefore) {
                    shared.writeCount();
                  }
                  flag.set(0, 1);
                  if (!isWrittenBefore) {
                    shared.writeCount();
                  }
                });
            execution.start(
                1,
                "reader",
                cpu -> {
                  if (flag.get(0) == 1) {
                    shared.readCount();
                  }
                });
            execution.join();
            return null;
          };
      assertThat(Exploration.of(program).memoryModel(model).races(true).explore().isViolated())
          .isEqualTo(!isWrittenBefore);
    }
  }

  @Test
  void aReplayFindsTheSameRace() {
    Program program = counting(execution -> new Object(), (cpu, nothing) -> {}, (cpu, no) -> {});
    Exploration exploration = Exploration.of(program).races(true);
    Counterexample found = exploration.explore().counterexample();
    assertThat(found).isNotNull();
    assertThat(exploration.replay(found.schedule(), (step, peek) -> {}))
        .isEqualTo(found.violation());
  }

  @Test
  void noneIsFoundWhereNobodyLooks() {
    Program program = counting(execution -> new Object(), (cpu, nothing) -> {}, (cpu, no) -> {});
    assertThat(Exploration.of(program).races(false).explore().isViolated()).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tdp", "ad-off", "ring"})
  void theMmuHasNone(String configuration) {
    String text =
        """
        memory 2M
        %s
        let page = 0x100000
        prepare:
          write page 1
          dirty-log on
        vcpu 0: write page 2; read page + 4K; add page 1
        vcpu 1: write page + 8 3; write page + 4K 1
        host 0: age page; evict page; %s
        host 1: track page; zap-all; untrack page
        """
            .formatted(
                switch (configuration) {
                  case "ad-off" -> "ad off";
                  case "ring" -> "dirty-log ring";
                  default -> "";
                },
                configuration.equals("ring") ? "harvest" : "dirty-log get");
    Script script = Script.parse(configuration, text);
    Exploration exploration =
        Exploration.of(
                execution -> {
                  ScriptRun.run(script, execution);
                  return null;
                })
            .cpus(script.cpus())
            .framesPerCpu((int) script.frames() / 4)
            .mode(Mode.RANDOM)
            .maxExecutions(EXECUTIONS)
            .shortening(Duration.ZERO)
            .races(true);
    for (MemoryModel model : MemoryModel.values()) {
      assertThat(exploration.memoryModel(model).explore().counterexample()).isNull();
      assertThat(exploration.memoryModel(model).locksOfWords().explore().counterexample()).isNull();
    }
  }

  private static <T> Result explore(
      MemoryModel model, Function<Execution, T> prepare, BiConsumer<Cpu, T> before) {
    return explore(model, prepare, before, (cpu, prepared) -> {});
  }

  private static <T> Result explore(
      MemoryModel model,
      Function<Execution, T> prepare,
      BiConsumer<Cpu, T> before,
      BiConsumer<Cpu, T> after) {
    return Exploration.of(counting(prepare, before, after))
        .memoryModel(model)
        .races(true)
        .explore();
  }

  /** Two bodies that add to a plain counter, between what a test has them do. */
  private static <T> Program counting(
      Function<Execution, T> prepare, BiConsumer<Cpu, T> before, BiConsumer<Cpu, T> after) {
    return execution -> {
      Shared shared = new Shared();
      T prepared = prepare.apply(execution);
      for (int i = 0; i < 2; i++) {
        execution.start(
            i,
            "body " + i,
            cpu -> {
              before.accept(cpu, prepared);
              shared.increment();
              after.accept(cpu, prepared);
            });
      }
      execution.join();
      return shared.readCount() == 2 ? null : new Violation(Property.EXPECTATION, "lost a count");
    };
  }
}
