package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The explorer against plain enumeration, on random small programs. */
class ReferencePropertyTest {

  @Provide
  Arbitrary<ReferenceProgram> programs() {
    return ReferenceGenerator.programs();
  }

  @Property(tries = 300)
  void endsInTheSameWaysUnderSc(@ForAll("programs") ReferenceProgram program) {
    assertSameEnds(program, MemoryModel.SC);
  }

  @Property(tries = 300)
  void endsInTheSameWaysUnderTso(@ForAll("programs") ReferenceProgram program) {
    assertSameEnds(program, MemoryModel.TSO);
  }

  private static void assertSameEnds(ReferenceProgram program, MemoryModel model) {
    ReferenceExploration explored = ReferenceExploration.of(program, model);

    assertThat(explored.result().isComplete()).isTrue();
    assertThat(explored.outcomes()).isEqualTo(ReferenceEnumeration.outcomes(program, model));
  }

  @Provide
  Arbitrary<ReferenceProgram> unconditionalPrograms() {
    return ReferenceGenerator.unconditionalPrograms();
  }

  @Property(tries = 300)
  void runsEachInequivalentExecutionOnce(
      @ForAll("unconditionalPrograms") ReferenceProgram program) {
    assertThat(ReferenceExploration.of(program, MemoryModel.SC).result().executions())
        .isEqualTo(ReferenceEnumeration.inequivalent(program));
  }

  /**
   * A failed compare-and-exchange is a read, but the explorer does not know beforehand that it will
   * fail: there it may run an execution twice.
   */
  @Property(tries = 300)
  void runsEachInequivalentExecutionWhereWritesAreConditional(
      @ForAll("programs") ReferenceProgram program) {
    assertThat(ReferenceExploration.of(program, MemoryModel.SC).result().executions())
        .isGreaterThanOrEqualTo(ReferenceEnumeration.inequivalent(program));
  }
}
