package dev.gnomon.checker.report;

import java.util.ArrayList;
import java.util.List;

/** A part of a schedule: who moves how often, or what nature chooses. */
public sealed interface Turn {

  /** The body of a CPU takes some steps, one after the other. */
  record Steps(int cpu, int steps) implements Turn {}

  /** Under TSO: so many stores of a CPU's buffer reach memory. */
  record Commits(int cpu, int stores) implements Turn {}

  /**
   * Nature chooses.
   *
   * @param outcome from 0
   * @param outcomes how many there are
   */
  record Choice(int outcome, int outcomes) implements Turn {}

  /** Gathers a schedule move by move, and joins moves of the same kind. Used by one thread. */
  final class Schedule {
    private final List<Turn> turns = new ArrayList<>();

    /** Nothing yet. */
    public Schedule() {}

    /** A step of the body of a CPU. */
    public void step(int cpu) {
      if (!turns.isEmpty() && turns.getLast() instanceof Steps last && last.cpu() == cpu) {
        turns.set(turns.size() - 1, new Steps(cpu, last.steps() + 1));
      } else {
        turns.add(new Steps(cpu, 1));
      }
    }

    /** A store reaches memory from the buffer of a CPU. */
    public void commit(int cpu) {
      if (!turns.isEmpty() && turns.getLast() instanceof Commits last && last.cpu() == cpu) {
        turns.set(turns.size() - 1, new Commits(cpu, last.stores() + 1));
      } else {
        turns.add(new Commits(cpu, 1));
      }
    }

    /** Nature chooses one of some outcomes. */
    public void choice(int outcome, int outcomes) {
      turns.add(new Choice(outcome, outcomes));
    }

    /** The schedule so far. */
    public List<Turn> turns() {
      return List.copyOf(turns);
    }
  }
}
