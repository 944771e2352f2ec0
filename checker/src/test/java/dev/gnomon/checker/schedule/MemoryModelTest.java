package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The explorer under each memory model, against the classic litmus tests. */
class MemoryModelTest {

  @TestFactory
  List<DynamicTest> allowsWhatTheModelAllowsAndNothingElse() {
    List<DynamicTest> tests = new ArrayList<>();
    for (MemoryModel model : MemoryModel.values()) {
      for (ReferenceLitmus litmus : ReferenceLitmus.all()) {
        tests.add(
            DynamicTest.dynamicTest(
                model + " " + litmus,
                () -> {
                  Set<ReferenceOutcome> outcomes =
                      ReferenceExploration.of(litmus.program(), model).outcomes();
                  assertThat(outcomes.stream().anyMatch(litmus.outcome()))
                      .isEqualTo(litmus.isAllowedBy(model));
                }));
      }
    }
    return tests;
  }

  @TestFactory
  List<DynamicTest> endsInEveryWayThatTheModelKnows() {
    List<DynamicTest> tests = new ArrayList<>();
    for (MemoryModel model : MemoryModel.values()) {
      for (ReferenceLitmus litmus : ReferenceLitmus.all()) {
        tests.add(
            DynamicTest.dynamicTest(
                model + " " + litmus,
                () ->
                    assertThat(ReferenceExploration.of(litmus.program(), model).outcomes())
                        .isEqualTo(ReferenceEnumeration.outcomes(litmus.program(), model))));
      }
    }
    return tests;
  }
}
