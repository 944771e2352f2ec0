package dev.gnomon.checker.schedule;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.Objects;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Assume;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;

/** Counterexamples against every interleaving with as many preemptions. */
class ShorteningPropertyTest {
  private static final int MAX_STEPS = 1000;

  @Provide
  Arbitrary<MixedProgram> failingUnderSc() {
    return failing(MemoryModel.SC);
  }

  @Provide
  Arbitrary<MixedProgram> failingUnderTso() {
    return failing(MemoryModel.TSO);
  }

  private static Arbitrary<MixedProgram> failing(MemoryModel model) {
    return MixedGenerator.failingPrograms()
        .filter(program -> exploration(program, model).explore().isViolated());
  }

  @Property(tries = 50, maxDiscardRatio = 50)
  void noneIsShorterUnderSc(@ForAll("failingUnderSc") MixedProgram program) {
    assertShortest(program, MemoryModel.SC);
  }

  @Property(tries = 20, maxDiscardRatio = 20)
  void noneIsShorterUnderTso(@ForAll("failingUnderTso") MixedProgram program) {
    assertShortest(program, MemoryModel.TSO);
  }

  private static Exploration exploration(MixedProgram program, MemoryModel model) {
    return Exploration.of(
            execution -> {
              program.run(execution);
              return null;
            })
        .cpus(3)
        .memoryModel(model)
        .maxSteps(MAX_STEPS)
        .maxExecutions(Enumeration.MOST);
  }

  private static void assertShortest(MixedProgram program, MemoryModel model) {
    Exploration exploration = exploration(program, model).shortening(Duration.ofMinutes(1));
    Result result = exploration.explore();
    Counterexample found = Objects.requireNonNull(result.counterexample());

    assertThat(found.isShortest()).isTrue();
    assertThat(exploration.replay(found.schedule(), (step, memory) -> {}))
        .isEqualTo(found.violation());
    Setup setup = new Setup(3, 512, model, true, false, MAX_STEPS);
    if (found.preemptions() > 0) {
      Enumeration fewer = Enumeration.plain(program::run, setup, found.preemptions() - 1);
      Assume.that(!fewer.isCut());
      assertThat(fewer.violations()).isEmpty();
    }
    Enumeration asMany = Enumeration.plain(program::run, setup, found.preemptions());
    Assume.that(!asMany.isCut());
    assertThat(found.steps()).isEqualTo(asMany.fewestSteps());
  }
}
