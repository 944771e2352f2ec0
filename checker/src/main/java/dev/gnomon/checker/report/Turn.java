package dev.gnomon.checker.report;

import dev.gnomon.checker.schedule.Schedule;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;

/** A part of a schedule, as it is written down: who moves how often, or what nature chooses. */
public sealed interface Turn {

  /** The body of a CPU goes on so many times in a row. */
  record Steps(int cpu, int steps) implements Turn {}

  /** Under TSO: so many stores of a CPU's buffer reach memory. */
  record Commits(int cpu, int stores) implements Turn {}

  /** Nature chooses an outcome, from 0. */
  record Choice(int outcome) implements Turn {}

  /**
   * The turns of a schedule. Its decisions alone do not tell a choice of nature from a step of the
   * CPU of that number; so a choice is written as such a step here, which leads back to the same
   * schedule.
   *
   * @param cpus how many CPUs there are
   */
  static List<Turn> of(Schedule schedule, int cpus) {
    List<Turn> turns = new ArrayList<>();
    for (int decision : schedule.decisions().toArray()) {
      Turn last = turns.isEmpty() ? null : turns.getLast();
      if (decision < cpus) {
        if (last instanceof Steps steps && steps.cpu() == decision) {
          turns.set(turns.size() - 1, new Steps(decision, steps.steps() + 1));
        } else {
          turns.add(new Steps(decision, 1));
        }
      } else {
        int cpu = decision - cpus;
        if (last instanceof Commits commits && commits.cpu() == cpu) {
          turns.set(turns.size() - 1, new Commits(cpu, commits.stores() + 1));
        } else {
          turns.add(new Commits(cpu, 1));
        }
      }
    }
    return List.copyOf(turns);
  }

  /**
   * The schedule that consists of turns.
   *
   * @param cpus how many CPUs there are
   */
  static Schedule schedule(List<Turn> turns, int cpus) {
    return Schedule.of(turns.stream().flatMapToInt(turn -> decisions(turn, cpus)).toArray());
  }

  private static IntStream decisions(Turn turn, int cpus) {
    return switch (turn) {
      case Steps steps -> repeated(steps.cpu(), steps.steps());
      case Commits commits -> repeated(cpus + commits.cpu(), commits.stores());
      case Choice choice -> IntStream.of(choice.outcome());
    };
  }

  private static IntStream repeated(int decision, int times) {
    return IntStream.range(0, times).map(each -> decision);
  }
}
