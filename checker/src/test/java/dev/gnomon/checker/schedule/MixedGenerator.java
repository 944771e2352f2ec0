package dev.gnomon.checker.schedule;

import dev.gnomon.checker.schedule.MixedProgram.Operation;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Combinators;
import net.jqwik.api.Tuple;

/** Random mixed programs, small enough to run in each of their interleavings. */
final class MixedGenerator {
  private MixedGenerator() {}

  /** Two threads of up to four operations, or three of up to two. */
  static Arbitrary<MixedProgram> programs() {
    return programs(4, 2);
  }

  /** Two threads of at most so many operations, or three. */
  static Arbitrary<MixedProgram> programs(int ofTwo, int ofThree) {
    return Arbitraries.oneOf(threads(2, ofTwo), threads(3, ofThree));
  }

  /** Those that can fail. */
  static Arbitrary<MixedProgram> failingPrograms() {
    Arbitrary<Integer> place = Arbitraries.integers().between(0, MixedProgram.WORDS - 1);
    Arbitrary<Operation> refusal = Combinators.combine(place, values(0)).as(Operation.Refuse::new);
    Arbitrary<Operation> some =
        Arbitraries.frequencyOf(Tuple.of(4, operations()), Tuple.of(1, refusal));
    return Arbitraries.oneOf(threads(2, 4, some), threads(3, 2, some));
  }

  private static Arbitrary<MixedProgram> threads(int count, int longest) {
    return threads(count, longest, operations());
  }

  private static Arbitrary<MixedProgram> threads(
      int count, int longest, Arbitrary<Operation> operations) {
    return operations
        .list()
        .ofMinSize(1)
        .ofMaxSize(longest)
        .list()
        .ofSize(count)
        .map(MixedProgram::new);
  }

  /** A thread that tries again and again, between two that change what it reads. */
  static Arbitrary<MixedProgram> attempts() {
    Arbitrary<List<Operation>> changes = accesses().list().ofMinSize(1).ofMaxSize(2);
    Arbitrary<List<Operation>> tries = attempt().list().ofSize(1);
    return Arbitraries.oneOf(
        Combinators.combine(tries, changes, changes).as(List::of).map(MixedProgram::new),
        Combinators.combine(changes, tries, changes).as(List::of).map(MixedProgram::new),
        Combinators.combine(changes, changes, tries).as(List::of).map(MixedProgram::new));
  }

  private static Arbitrary<Operation> attempt() {
    Arbitrary<Integer> place = Arbitraries.integers().between(0, MixedProgram.WORDS - 1);
    return Combinators.combine(place, place, Arbitraries.of(true, false))
        .as(Operation.Attempt::new);
  }

  private static Arbitrary<Operation> operations() {
    Arbitrary<Integer> place = Arbitraries.integers().between(0, MixedProgram.WORDS - 1);
    Arbitrary<List<Operation>> inside = accesses().list().ofMinSize(1).ofMaxSize(2);
    return Arbitraries.frequencyOf(
        Tuple.of(8, accesses()),
        Tuple.of(1, inside.map(Operation.Spin::new)),
        Tuple.of(1, inside.map(Operation.Read::new)),
        Tuple.of(1, inside.map(Operation.Write::new)),
        Tuple.of(1, Combinators.combine(place, values(0)).as(Operation.Await::new)),
        Tuple.of(1, Combinators.combine(place, values(0)).as(Operation.AwaitMemory::new)),
        Tuple.of(3, attempt()),
        Tuple.of(1, place.map(Operation.Choose::new)));
  }

  private static Arbitrary<Operation> accesses() {
    Arbitrary<Integer> place = Arbitraries.integers().between(0, MixedProgram.WORDS - 1);
    return Arbitraries.frequencyOf(
        Tuple.of(4, place.map(Operation.Load::new)),
        Tuple.of(4, Combinators.combine(place, values(0)).as(Operation.Store::new)),
        Tuple.of(1, Combinators.combine(place, values(1)).as(Operation.Add::new)),
        Tuple.of(1, Combinators.combine(place, values(0), values(1)).as(Operation.Exchange::new)),
        Tuple.of(1, Arbitraries.just(new Operation.Fence())),
        Tuple.of(2, place.map(Operation.LoadMemory::new)),
        Tuple.of(2, Combinators.combine(place, values(0)).as(Operation.StoreMemory::new)),
        Tuple.of(1, values(0).map(Operation.Fill::new)),
        Tuple.of(1, Arbitraries.just(new Operation.Copy())));
  }

  private static Arbitrary<Integer> values(int least) {
    return Arbitraries.integers().between(least, 2);
  }
}
