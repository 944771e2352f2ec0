package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

/** The search within a bound on preemptions against every interleaving within it. */
class PreemptionPropertyTest {
  private static final int MAX_STEPS = 1000;

  @Provide
  Arbitrary<MixedProgram> programs() {
    return MixedGenerator.programs(4, 2);
  }

  @Provide
  Arbitrary<MixedProgram> smallPrograms() {
    return MixedGenerator.programs(3, 1);
  }

  @Provide
  Arbitrary<MixedProgram> attempts() {
    return MixedGenerator.attempts();
  }

  @Property(tries = 50, maxDiscardRatio = 50)
  void endsInEveryWayWithinABoundUnderSc(
      @ForAll("programs") MixedProgram program, @ForAll @IntRange(max = 2) int preemptions) {
    assertSameEnds(program, MemoryModel.SC, preemptions);
  }

  @Property(tries = 50, maxDiscardRatio = 50)
  void endsInEveryWayWithinABoundUnderTso(
      @ForAll("smallPrograms") MixedProgram program, @ForAll @IntRange(max = 2) int preemptions) {
    assertSameEnds(program, MemoryModel.TSO, preemptions);
  }

  @Property(tries = 50, maxDiscardRatio = 50)
  void triesAgainInEveryWayWithinABoundUnderTso(
      @ForAll("attempts") MixedProgram program, @ForAll @IntRange(max = 2) int preemptions) {
    assertSameEnds(program, MemoryModel.TSO, preemptions);
  }

  private static void assertSameEnds(MixedProgram program, MemoryModel model, int preemptions) {
    Setup setup = new Setup(3, 512, model, true, false, MAX_STEPS);
    Enumeration plain = Enumeration.plain(program::run, setup, preemptions);
    Assume.that(!plain.isCut());
    Enumeration reduced = Enumeration.reduced(program::run, setup, preemptions);
    assertThat(reduced.violations().isEmpty()).isEqualTo(plain.violations().isEmpty());
    if (plain.violations().isEmpty()) {
      assertThat(reduced.ends()).isEqualTo(plain.ends());
    } else {
      assertThat(plain.ends()).containsAll(reduced.ends());
    }
  }
}
