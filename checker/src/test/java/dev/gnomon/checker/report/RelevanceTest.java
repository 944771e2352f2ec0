package dev.gnomon.checker.report;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.schedule.Step;
import dev.gnomon.mmu.spte.SpteFormat;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

final class RelevanceTest {
  private static Moment moment(int cpu, Step.Kind kind, Subject subject, boolean isMinor) {
    Step step = new Step(1, cpu, "x", kind, "lock", -1, null, 0, 0, 0, "A.b:1", "C.d:2");
    return new Moment(step, subject, "text", isMinor, MachineState.UNKNOWN);
  }

  private static final Moment LOCK = moment(0, Step.Kind.LOCK, Subject.LOCK, false);
  private static final Moment UNLOCK = moment(0, Step.Kind.UNLOCK, Subject.LOCK, false);
  private static final Moment STORE = moment(0, Step.Kind.STORE, Subject.SPTE, false);
  private static final Moment OTHERS_STORE = moment(1, Step.Kind.STORE, Subject.SPTE, false);
  private static final Moment LOAD = moment(0, Step.Kind.LOAD, Subject.OTHER, true);
  private static final Moment SECTION = moment(0, Step.Kind.STORE, Subject.READ_SECTION, false);

  private static List<Boolean> minor(Property broken, Moment... moments) {
    return Relevance.judge(List.of(moments), broken).stream().map(Moment::isMinor).toList();
  }

  @Test
  void aLockThatWasHeldForNothingIsLeftOut() {
    assertThat(minor(Property.NO_WRITE_LOST, LOCK, LOAD, OTHERS_STORE, UNLOCK))
        .containsExactly(true, true, false, true);
  }

  @Test
  void aLockUnderWhichSomethingHappenedIsShown() {
    assertThat(minor(Property.NO_WRITE_LOST, LOCK, STORE, UNLOCK)).containsOnly(false);
  }

  @Test
  void everyLockIsShownWhereNobodyGetsOn() {
    assertThat(minor(Property.PROGRESS, LOCK, LOAD, UNLOCK)).containsExactly(false, true, false);
  }

  private static Moment load(long hpa, long value) {
    Step step =
        new Step(1, 0, "x", Step.Kind.LOAD, "word", hpa, null, 0, value, value, "A.b:1", "C.d:2");
    return new Moment(step, Subject.SPTE, "text", false, MachineState.UNKNOWN);
  }

  private static Moment store(int cpu, long hpa, long before) {
    Step step =
        new Step(1, cpu, "x", Step.Kind.STORE, "word", hpa, null, 0, before, 7, "A.b:1", "C.d:2");
    return new Moment(step, Subject.SPTE, "text", false, MachineState.UNKNOWN);
  }

  @Test
  void anEmptyEntryThatNobodyFillsIsLeftOut() {
    long empty = SpteFormat.NON_PRESENT;

    assertThat(minor(Property.NO_WRITE_LOST, load(0x1000, empty), load(0x1008, 7)))
        .containsExactly(true, false);
    assertThat(minor(Property.NO_WRITE_LOST, load(0x1000, empty), store(1, 0x1000, empty)))
        .containsExactly(false, false);
  }

  @Test
  void ofALongStoryWhatOneCpuAloneTouchesIsLeftOut() {
    List<Moment> moments = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      moments.add(store(0, 0x2000 + 8 * i, SpteFormat.NON_PRESENT));
    }
    moments.add(store(1, 0x2000, 7));
    moments.add(store(0, 0x3000, SpteFormat.MMU_PRESENT));

    List<Boolean> isMinor = minor(Property.NO_WRITE_LOST, moments.toArray(Moment[]::new));
    assertThat(isMinor.getFirst()).as("a word that both write").isFalse();
    assertThat(isMinor.subList(1, 200)).containsOnly(true);
    assertThat(isMinor.get(201)).as("an entry that was in use").isFalse();
    assertThat(minor(Property.NO_WRITE_LOST, moments.subList(0, 50).toArray(Moment[]::new)))
        .as("a short story")
        .containsOnly(false);
  }

  @Test
  void readSectionsAreShownWhereLifetimesAreTheMatter() {
    assertThat(minor(Property.NO_USE_AFTER_FREE, SECTION)).containsExactly(false);
    assertThat(minor(Property.NO_WRITE_LOST, SECTION)).containsExactly(true);
  }
}
