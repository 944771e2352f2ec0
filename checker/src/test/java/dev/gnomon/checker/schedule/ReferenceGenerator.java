package dev.gnomon.checker.schedule;

import dev.gnomon.checker.schedule.ReferenceProgram.Instruction;
import dev.gnomon.checker.schedule.ReferenceProgram.Instruction.Kind;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/**
 * Random small straight-line programs: two or three threads, two or three words, all kinds of
 * access; small enough that all of their executions can be enumerated.
 */
final class ReferenceGenerator {
  private static final int WORDS = 3;

  private ReferenceGenerator() {}

  /** Two threads of up to five instructions, or three of up to three. */
  static Arbitrary<ReferenceProgram> programs() {
    return programs(2);
  }

  /** The same, but none that writes or not as the word's value has it. */
  static Arbitrary<ReferenceProgram> unconditionalPrograms() {
    return programs(0);
  }

  private static Arbitrary<ReferenceProgram> programs(int exchanges) {
    return Arbitraries.oneOf(
        programs(2, 5, instructions(2, exchanges)),
        programs(3, 3, instructions(2, exchanges)),
        programs(3, 3, instructions(WORDS, exchanges)));
  }

  private static Arbitrary<ReferenceProgram> programs(
      int threads, int longest, Arbitrary<Instruction> instructions) {
    Arbitrary<List<Instruction>> thread = instructions.list().ofMinSize(1).ofMaxSize(longest);
    return thread
        .list()
        .ofSize(threads)
        .map(bodies -> ReferenceProgram.straight("random", WORDS, bodies));
  }

  private static Arbitrary<Instruction> instructions(int words, int exchanges) {
    Arbitrary<Integer> word = Arbitraries.integers().between(0, words - 1);
    Arbitrary<Long> value = Arbitraries.longs().between(1, 2);
    Arbitrary<Long> expected = Arbitraries.longs().between(0, 2);
    Arbitrary<Kind> kind =
        Arbitraries.frequency(
            Tuple.of(5, Kind.LOAD),
            Tuple.of(5, Kind.STORE),
            Tuple.of(1, Kind.ADD),
            Tuple.of(1, Kind.EXCHANGE),
            Tuple.of(exchanges, Kind.COMPARE_AND_EXCHANGE),
            Tuple.of(1, Kind.FENCE));
    return Combinators.combine(kind, word, value, expected).as(Instruction::new);
  }
}
