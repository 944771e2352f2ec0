package dev.gnomon.checker.schedule;

import static dev.gnomon.checker.schedule.ReferenceProgram.Instruction.exchange;
import static dev.gnomon.checker.schedule.ReferenceProgram.Instruction.fence;
import static dev.gnomon.checker.schedule.ReferenceProgram.Instruction.load;
import static dev.gnomon.checker.schedule.ReferenceProgram.Instruction.store;

import dev.gnomon.checker.schedule.ReferenceProgram.Instruction;
import java.util.List;
import java.util.function.Predicate;

/**
 * A classic litmus test of memory models: a program, an outcome, and whether that can be under
 * sequential consistency and under x86-TSO. The names and verdicts are those of Owens, Sarkar and
 * Sewell, "A Better x86 Memory Model: x86-TSO" (TPHOLs 2009), of Alglave, Maranget and Tautschnig,
 * "Herding Cats" (TOPLAS 2014), and of the Intel SDM, volume 3, section 9.2.3.
 *
 * @param program what runs
 * @param outcome the outcome that is asked about
 * @param isAllowedBySc whether it can be under SC
 * @param isAllowedByTso whether it can be under TSO
 */
record ReferenceLitmus(
    ReferenceProgram program,
    Predicate<ReferenceOutcome> outcome,
    boolean isAllowedBySc,
    boolean isAllowedByTso) {

  private static final int X = 0;
  private static final int Y = 1;

  boolean isAllowedBy(MemoryModel model) {
    return model == MemoryModel.SC ? isAllowedBySc : isAllowedByTso;
  }

  static List<ReferenceLitmus> all() {
    return List.of(
        onlyTso(
            "SB",
            List.of(List.of(store(X, 1), load(Y)), List.of(store(Y, 1), load(X))),
            end -> end.result(0, 1) == 0 && end.result(1, 1) == 0),
        never(
            "SB with fences",
            List.of(List.of(store(X, 1), fence(), load(Y)), List.of(store(Y, 1), fence(), load(X))),
            end -> end.result(0, 2) == 0 && end.result(1, 2) == 0),
        onlyTso(
            "SB with one fence",
            List.of(List.of(store(X, 1), fence(), load(Y)), List.of(store(Y, 1), load(X))),
            end -> end.result(0, 2) == 0 && end.result(1, 1) == 0),
        never(
            "SB with exchanges",
            List.of(List.of(exchange(X, 1), load(Y)), List.of(exchange(Y, 1), load(X))),
            end -> end.result(0, 1) == 0 && end.result(1, 1) == 0),
        onlyTso(
            "SB with its own stores read first",
            List.of(List.of(store(X, 1), load(X), load(Y)), List.of(store(Y, 1), load(Y), load(X))),
            end ->
                end.result(0, 1) == 1
                    && end.result(0, 2) == 0
                    && end.result(1, 1) == 1
                    && end.result(1, 2) == 0),
        never(
            "MP",
            List.of(List.of(store(X, 1), store(Y, 1)), List.of(load(Y), load(X))),
            end -> end.result(1, 0) == 1 && end.result(1, 1) == 0),
        never(
            "MP with fences",
            List.of(List.of(store(X, 1), fence(), store(Y, 1)), List.of(load(Y), fence(), load(X))),
            end -> end.result(1, 0) == 1 && end.result(1, 2) == 0),
        never(
            "LB",
            List.of(List.of(load(X), store(Y, 1)), List.of(load(Y), store(X, 1))),
            end -> end.result(0, 0) == 1 && end.result(1, 0) == 1),
        never(
            "LB with fences",
            List.of(List.of(load(X), fence(), store(Y, 1)), List.of(load(Y), fence(), store(X, 1))),
            end -> end.result(0, 0) == 1 && end.result(1, 0) == 1),
        never(
            "IRIW",
            List.of(
                List.of(store(X, 1)),
                List.of(store(Y, 1)),
                List.of(load(X), load(Y)),
                List.of(load(Y), load(X))),
            end ->
                end.result(2, 0) == 1
                    && end.result(2, 1) == 0
                    && end.result(3, 0) == 1
                    && end.result(3, 1) == 0),
        never(
            "IRIW with fences",
            List.of(
                List.of(store(X, 1)),
                List.of(store(Y, 1)),
                List.of(load(X), fence(), load(Y)),
                List.of(load(Y), fence(), load(X))),
            end ->
                end.result(2, 0) == 1
                    && end.result(2, 2) == 0
                    && end.result(3, 0) == 1
                    && end.result(3, 2) == 0),
        onlyTso(
            "R",
            List.of(List.of(store(X, 1), store(Y, 1)), List.of(store(Y, 2), load(X))),
            end -> end.memory().get(Y) == 2 && end.result(1, 1) == 0),
        never(
            "R with fences",
            List.of(
                List.of(store(X, 1), fence(), store(Y, 1)), List.of(store(Y, 2), fence(), load(X))),
            end -> end.memory().get(Y) == 2 && end.result(1, 2) == 0),
        never(
            "2+2W",
            List.of(List.of(store(X, 1), store(Y, 2)), List.of(store(Y, 1), store(X, 2))),
            end -> end.memory().get(X) == 1 && end.memory().get(Y) == 1),
        never(
            "2+2W with fences",
            List.of(
                List.of(store(X, 1), fence(), store(Y, 2)),
                List.of(store(Y, 1), fence(), store(X, 2))),
            end -> end.memory().get(X) == 1 && end.memory().get(Y) == 1),
        never(
            "S",
            List.of(List.of(store(X, 2), store(Y, 1)), List.of(load(Y), store(X, 1))),
            end -> end.result(1, 0) == 1 && end.memory().get(X) == 2),
        never(
            "WRC",
            List.of(List.of(store(X, 1)), List.of(load(X), store(Y, 1)), List.of(load(Y), load(X))),
            end -> end.result(1, 0) == 1 && end.result(2, 0) == 1 && end.result(2, 1) == 0),
        onlyTso(
            "n6",
            List.of(List.of(store(X, 1), load(X), load(Y)), List.of(store(Y, 2), store(X, 2))),
            end -> end.result(0, 1) == 1 && end.result(0, 2) == 0 && end.memory().get(X) == 1),
        never(
            "n6 with fences",
            List.of(
                List.of(store(X, 1), fence(), load(X), load(Y)),
                List.of(store(Y, 2), fence(), store(X, 2))),
            end -> end.result(0, 2) == 1 && end.result(0, 3) == 0 && end.memory().get(X) == 1),
        never(
            "n5",
            List.of(List.of(store(X, 1), load(X)), List.of(store(X, 2), load(X))),
            end -> end.result(0, 1) == 2 && end.result(1, 1) == 1),
        never(
            "n4",
            List.of(List.of(store(X, 1), load(X), load(X)), List.of(store(X, 2), load(X), load(X))),
            end ->
                end.result(0, 1) == 2
                    && end.result(0, 2) == 1
                    && end.result(1, 1) == 1
                    && end.result(1, 2) == 2),
        always(
            "SB, both stores seen",
            List.of(List.of(store(X, 1), load(Y)), List.of(store(Y, 1), load(X))),
            end -> end.result(0, 1) == 1 && end.result(1, 1) == 1));
  }

  private static ReferenceLitmus never(
      String name, List<List<Instruction>> threads, Predicate<ReferenceOutcome> outcome) {
    return of(name, threads, outcome, false, false);
  }

  private static ReferenceLitmus onlyTso(
      String name, List<List<Instruction>> threads, Predicate<ReferenceOutcome> outcome) {
    return of(name, threads, outcome, false, true);
  }

  private static ReferenceLitmus always(
      String name, List<List<Instruction>> threads, Predicate<ReferenceOutcome> outcome) {
    return of(name, threads, outcome, true, true);
  }

  private static ReferenceLitmus of(
      String name,
      List<List<Instruction>> threads,
      Predicate<ReferenceOutcome> outcome,
      boolean isAllowedBySc,
      boolean isAllowedByTso) {
    return new ReferenceLitmus(
        ReferenceProgram.straight(name, 2, threads), outcome, isAllowedBySc, isAllowedByTso);
  }

  @Override
  public String toString() {
    return program.name();
  }
}
