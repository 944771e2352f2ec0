package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** The reduction against every interleaving, on random programs of all that the port has. */
class MixedPropertyTest {
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

  @Property(tries = 100, maxDiscardRatio = 100)
  void endsInEveryWayThatThereIsUnderSc(@ForAll("programs") MixedProgram program) {
    assertSameEnds(program, MemoryModel.SC);
  }

  @Property(tries = 100, maxDiscardRatio = 100)
  void endsInEveryWayThatThereIsUnderTso(@ForAll("smallPrograms") MixedProgram program) {
    assertSameEnds(program, MemoryModel.TSO);
  }

  @Property(tries = 100, maxDiscardRatio = 100)
  void triesAgainInEveryWayUnderSc(@ForAll("attempts") MixedProgram program) {
    assertSameEnds(program, MemoryModel.SC);
  }

  @Property(tries = 100, maxDiscardRatio = 100)
  void triesAgainInEveryWayUnderTso(@ForAll("attempts") MixedProgram program) {
    assertSameEnds(program, MemoryModel.TSO);
  }

  private static void assertSameEnds(MixedProgram program, MemoryModel model) {
    Setup setup = new Setup(3, 512, model, true, false, MAX_STEPS);
    Enumeration plain = Enumeration.plain(program::run, setup);
    Assume.that(!plain.isCut());
    Enumeration reduced = Enumeration.reduced(program::run, setup);
    assertThat(reduced.violations().isEmpty()).isEqualTo(plain.violations().isEmpty());
    if (plain.violations().isEmpty()) {
      assertThat(reduced.ends()).isEqualTo(plain.ends());
    } else {
      assertThat(plain.ends()).containsAll(reduced.ends());
    }
  }
}
