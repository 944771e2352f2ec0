package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.schedule.ReferencePrograms.Counted;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The explorer runs as many executions as there are that differ, no less and no more. */
class ReductionTest {

  @TestFactory
  List<DynamicTest> runsEachInequivalentExecutionOnce() {
    return ReferencePrograms.small().stream()
        .map(each -> DynamicTest.dynamicTest(each.toString(), () -> assertCounted(each)))
        .toList();
  }

  @TestFactory
  List<DynamicTest> runsEachInequivalentExecutionOnceWhereThereAreThousands() {
    return ReferencePrograms.large().stream()
        .map(each -> DynamicTest.dynamicTest(each.toString(), () -> assertCounted(each)))
        .toList();
  }

  private static void assertCounted(Counted counted) {
    Result result = ReferenceExploration.of(counted.program(), MemoryModel.SC).result();

    assertThat(result.counterexample()).isNull();
    assertThat(result.isComplete()).isTrue();
    assertThat(result.executions()).isEqualTo(counted.executions());
  }

  @TestFactory
  List<DynamicTest> endsInEveryWayThatThereIs() {
    return ReferencePrograms.small().stream()
        .filter(each -> each.program().threads().size() <= 6)
        .map(each -> DynamicTest.dynamicTest(each.toString(), () -> assertSameEnds(each.program())))
        .toList();
  }

  private static void assertSameEnds(ReferenceProgram program) {
    assertThat(ReferenceExploration.of(program, MemoryModel.SC).outcomes())
        .isEqualTo(ReferenceEnumeration.outcomes(program, MemoryModel.SC));
  }
}
