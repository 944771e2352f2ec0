package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.TestFactory;

/** The oracle's two machines against the published verdicts. */
class ReferenceLitmusTest {

  @TestFactory
  List<DynamicTest> allowsWhatTheModelAllowsAndNothingElse() {
    List<DynamicTest> tests = new ArrayList<>();
    for (MemoryModel model : MemoryModel.values()) {
      for (ReferenceLitmus litmus : ReferenceLitmus.all()) {
        tests.add(
            DynamicTest.dynamicTest(
                model + " " + litmus,
                () ->
                    assertThat(
                            ReferenceEnumeration.outcomes(litmus.program(), model).stream()
                                .anyMatch(litmus.outcome()))
                        .isEqualTo(litmus.isAllowedBy(model))));
      }
    }
    return tests;
  }
}
