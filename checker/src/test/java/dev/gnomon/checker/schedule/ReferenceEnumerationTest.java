package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalStateException;

import dev.gnomon.checker.schedule.ReferencePrograms.Counted;
import java.util.List;
import org.junit.jupiter.api.DynamicTest;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.TestFactory;

/** The oracle against what is known by counting. */
class ReferenceEnumerationTest {

  @TestFactory
  List<DynamicTest> findsAsManyInequivalentExecutionsAsThereAre() {
    return ReferencePrograms.small().stream()
        .filter(each -> each.program().threads().size() <= 6)
        .map(each -> DynamicTest.dynamicTest(each.toString(), () -> assertCounted(each)))
        .toList();
  }

  private static void assertCounted(Counted counted) {
    assertThat(ReferenceEnumeration.inequivalent(counted.program()))
        .isEqualTo(counted.executions());
  }

  @Test
  void countsEveryOrderOfStepsAsAnInterleaving() {
    ReferenceProgram threeTimesTwo =
        ReferenceProgram.numbered(
            "three times two steps",
            3,
            0,
            3,
            (access, i) -> {
              access.store(i, 1);
              access.store(i, 2);
            });

    assertThat(ReferenceEnumeration.interleavings(threeTimesTwo)).isEqualTo(90);
    assertThat(ReferenceEnumeration.inequivalent(threeTimesTwo)).isEqualTo(1);
  }

  @Test
  void doesNotTellApartTheOrdersOfReads() {
    ReferenceProgram readers =
        ReferenceProgram.numbered("readers", 1, 0, 4, (access, i) -> access.load(0));

    assertThat(ReferenceEnumeration.interleavings(readers)).isEqualTo(24);
    assertThat(ReferenceEnumeration.inequivalent(readers)).isEqualTo(1);
  }

  @Test
  void takesAFailedExchangeForARead() {
    ReferenceProgram failing =
        ReferenceProgram.numbered(
            "failing exchanges", 1, 0, 3, (access, i) -> access.compareAndExchange(0, 1, 2));

    assertThat(ReferenceEnumeration.inequivalent(failing)).isEqualTo(1);
  }

  @Test
  void takesAStoreOfWhatIsThereForARead() {
    ReferenceProgram silent =
        ReferenceProgram.numbered("silent stores", 1, 0, 3, (access, i) -> access.store(0, 0));

    assertThat(ReferenceEnumeration.inequivalent(silent)).isEqualTo(1);
  }

  @Test
  void letsAThreadWaitUntilAWordHasChanged() {
    ReferenceProgram handOver =
        ReferenceProgram.of(
            "hand over",
            2,
            access -> {
              access.store(1, 7);
              access.store(0, 1);
            },
            access -> {
              access.await(0, 0);
              access.load(1);
            });

    assertThat(ReferenceEnumeration.outcomes(handOver, MemoryModel.SC))
        .singleElement()
        .satisfies(outcome -> assertThat(outcome.result(1, 1)).isEqualTo(7));
    assertThat(ReferenceEnumeration.inequivalent(handOver)).isEqualTo(1);
  }

  @Test
  void refusesAProgramThatCanGetStuck() {
    ReferenceProgram crossed =
        ReferenceProgram.numbered(
            "crossed locks",
            0,
            2,
            2,
            (access, i) -> {
              access.lock(i);
              access.lock(1 - i);
              access.unlock(1 - i);
              access.unlock(i);
            });

    assertThatIllegalStateException()
        .isThrownBy(() -> ReferenceEnumeration.outcomes(crossed, MemoryModel.SC))
        .withMessageContaining("stuck");
  }
}
