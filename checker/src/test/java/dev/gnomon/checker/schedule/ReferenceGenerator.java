package dev.gnomon.checker.schedule;

import dev.gnomon.checker.schedule.ReferenceProgram.Instruction;
import dev.gnomon.checker.schedule.ReferenceProgram.Instruction.Kind;
import java.util.ArrayList;
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

  /** The same, but whatever stores changes the word, whenever it runs. */
  static Arbitrary<ReferenceProgram> changingPrograms() {
    return Arbitraries.oneOf(
        changingPrograms(2, 5, instructions(2, 0)), changingPrograms(3, 3, instructions(2, 0)));
  }

  private static Arbitrary<ReferenceProgram> changingPrograms(
      int threads, int longest, Arbitrary<Instruction> instructions) {
    return instructions
        .list()
        .ofMinSize(1)
        .ofMaxSize(longest)
        .list()
        .ofSize(threads)
        .map(bodies -> ReferenceProgram.straight("random", WORDS, withOwnValues(bodies)));
  }

  /** Stored values differ by more than all that is added. */
  private static List<List<Instruction>> withOwnValues(List<List<Instruction>> bodies) {
    List<List<Instruction>> changed = new ArrayList<>();
    long value = 0;
    for (List<Instruction> body : bodies) {
      List<Instruction> mine = new ArrayList<>();
      for (Instruction each : body) {
        value += 1000;
        boolean isStored = each.kind() == Kind.STORE || each.kind() == Kind.EXCHANGE;
        mine.add(isStored ? new Instruction(each.kind(), each.word(), value, 0) : each);
      }
      changed.add(mine);
    }
    return changed;
  }

  private static Arbitrary<ReferenceProgram> programs(int exchanges) {
    return Arbitraries.oneOf(
        programs(2, 5, instructions(2, exchanges)),
        programs(3, 3, instructions(2, exchanges)),
        programs(3, 3, instructions(WORDS, exchanges)));
  }

  /** Two or three threads with sections under one of two locks. */
  static Arbitrary<ReferenceProgram> lockingPrograms() {
    return Arbitraries.oneOf(lockingPrograms(2, 3), lockingPrograms(3, 1));
  }

  private static Arbitrary<ReferenceProgram> lockingPrograms(int threads, int longest) {
    Arbitrary<List<Instruction>> plain = instructions(2, 1).map(List::of);
    Arbitrary<List<Instruction>> locked =
        Combinators.combine(
                Arbitraries.integers().between(0, 1),
                instructions(2, 1).list().ofMinSize(1).ofMaxSize(2))
            .as(ReferenceGenerator::underLock);
    Arbitrary<List<Instruction>> thread =
        Arbitraries.oneOf(plain, locked)
            .list()
            .ofMinSize(1)
            .ofMaxSize(longest)
            .map(sections -> sections.stream().flatMap(List::stream).toList());
    return thread
        .list()
        .ofSize(threads)
        .map(bodies -> ReferenceProgram.straight("random", WORDS, bodies));
  }

  private static List<Instruction> underLock(int lock, List<Instruction> inside) {
    List<Instruction> section = new ArrayList<>();
    section.add(Instruction.lock(lock));
    section.addAll(inside);
    section.add(Instruction.unlock(lock));
    return section;
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
