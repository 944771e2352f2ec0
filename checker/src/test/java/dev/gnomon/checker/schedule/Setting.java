package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.machine.thread.Execution;
import java.time.Duration;
import java.util.function.Consumer;
import java.util.stream.Stream;

/**
 * How a program of tier 1 is explored, always wholly.
 *
 * @param model how stores become visible
 * @param hasAbstractLocks whether locks are taken in one step, or made of words
 */
record Setting(MemoryModel model, boolean hasAbstractLocks) {
  static final Setting SC = new Setting(MemoryModel.SC, false);
  static final Setting TSO = new Setting(MemoryModel.TSO, false);

  /** Each memory model with each kind of locks. */
  static Stream<Setting> all() {
    return Stream.of(
        SC, TSO, new Setting(MemoryModel.SC, true), new Setting(MemoryModel.TSO, true));
  }

  /** Nothing is violated in any interleaving. */
  void assertSafe(int cpus, Consumer<Execution> program) {
    Result result = explore(cpus, program);
    assertThat(result.counterexample()).isNull();
    assertThat(result.isComplete()).isTrue();
    assertThat(result.executions()).isGreaterThan(1);
  }

  /** Something is violated in some interleaving. */
  Violation assertRefuted(int cpus, Consumer<Execution> program) {
    Result result = explore(cpus, program);
    assertThat(result.isViolated()).isTrue();
    return result.counterexample().violation();
  }

  private Result explore(int cpus, Consumer<Execution> program) {
    Exploration exploration =
        Exploration.of(
                execution -> {
                  program.accept(execution);
                  return null;
                })
            .cpus(cpus)
            .memoryModel(model)
            .shortening(Duration.ZERO);
    return (hasAbstractLocks ? exploration : exploration.locksOfWords()).explore();
  }

  @Override
  public String toString() {
    return model + (hasAbstractLocks ? ", abstract" : ", of words");
  }
}
