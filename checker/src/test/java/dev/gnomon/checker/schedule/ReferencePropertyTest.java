package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

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

  @Provide
  Arbitrary<ReferenceProgram> lockingPrograms() {
    return ReferenceGenerator.lockingPrograms();
  }

  @Property(tries = 300)
  void endsInTheSameWaysWithLocks(
      @ForAll("lockingPrograms") ReferenceProgram program, @ForAll MemoryModel model) {
    assertSameEnds(program, model);
  }

  @Property(tries = 100)
  void endsInTheSameWaysWithLocksOfWords(
      @ForAll("lockingPrograms") ReferenceProgram program, @ForAll MemoryModel model) {
    ReferenceExploration explored =
        ReferenceExploration.of(
            program, exploration -> exploration.locksOfWords().memoryModel(model));

    assertThat(explored.outcomes()).isEqualTo(ReferenceEnumeration.outcomes(program, model));
  }

  private static void assertSameEnds(ReferenceProgram program, MemoryModel model) {
    ReferenceExploration explored = ReferenceExploration.of(program, model);

    assertThat(explored.result().isComplete()).isTrue();
    assertThat(explored.outcomes()).isEqualTo(ReferenceEnumeration.outcomes(program, model));
  }

  @Provide
  Arbitrary<ReferenceProgram> changingPrograms() {
    return ReferenceGenerator.changingPrograms();
  }

  @Property(tries = 300)
  void runsEachInequivalentExecutionOnce(@ForAll("changingPrograms") ReferenceProgram program) {
    assertThat(ReferenceExploration.of(program, MemoryModel.SC).result().executions())
        .isEqualTo(ReferenceEnumeration.inequivalent(program));
  }

  /**
   * A failed compare-and-exchange is a load, and a store of what is there already is one, but the
   * explorer does not know beforehand that it will be: there it may run an execution twice.
   */
  @Property(tries = 300)
  void runsEachInequivalentExecutionWhereStoresMayChangeNothing(
      @ForAll("programs") ReferenceProgram program) {
    assertThat(ReferenceExploration.of(program, MemoryModel.SC).result().executions())
        .isGreaterThanOrEqualTo(ReferenceEnumeration.inequivalent(program));
  }

  @Property(tries = 100)
  void isTheSameForTwoCarriers(@ForAll("programs") ReferenceProgram program) {
    ReferenceExploration explored =
        ReferenceExploration.of(program, exploration -> exploration.carriers(2));

    assertThat(explored.outcomes())
        .isEqualTo(ReferenceEnumeration.outcomes(program, MemoryModel.SC));
  }

  @Property(tries = 300)
  void endsInAllWaysThatABoundOfPreemptionsAllows(
      @ForAll("programs") ReferenceProgram program, @ForAll @IntRange(max = 3) int bound) {
    Set<ReferenceOutcome> within =
        ReferencePreemptions.of(program).entrySet().stream()
            .filter(end -> end.getValue() <= bound)
            .map(Map.Entry::getKey)
            .collect(Collectors.toSet());

    ReferenceExploration explored =
        ReferenceExploration.of(program, exploration -> exploration.maxPreemptions(bound));

    assertThat(explored.outcomes()).isEqualTo(within);
  }

  @Property(tries = 300)
  void findsACounterexampleWithTheFewestPreemptions(
      @ForAll("programs") ReferenceProgram program, @ForAll @IntRange(max = 1000) int choice) {
    List<Map.Entry<ReferenceOutcome, Integer>> ends =
        List.copyOf(ReferencePreemptions.of(program).entrySet());
    Map.Entry<ReferenceOutcome, Integer> wanted = ends.get(choice % ends.size());

    Counterexample found = ReferenceExploration.lookFor(wanted.getKey(), program).counterexample();

    assertThat(found).isNotNull();
    assertThat(found.isShortest()).isTrue();
    assertThat(found.preemptions()).isEqualTo(wanted.getValue());
  }
}
