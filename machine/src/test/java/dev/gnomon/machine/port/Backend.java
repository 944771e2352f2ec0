package dev.gnomon.machine.port;

import dev.gnomon.machine.thread.Execution;
import java.util.function.Consumer;

/** A back end as the contract sees it: something that runs small concurrent programs. */
public interface Backend {

  /** How many frames the memory of each platform has: four runs of 2 MiB, at least. */
  long FRAMES = 2048;

  /**
   * Runs a program as often as it takes to meet the interleavings that this back end can meet, each
   * time on a fresh platform. The program prepares, starts bodies, joins and checks.
   */
  void explore(int cpus, Consumer<Execution> program);

  /**
   * The same for a program of which a body goes round and round without waiting, until another has
   * done something: a back end that tries schedules leaves out those under which the other never
   * has its turn.
   */
  default void exploreFairly(int cpus, Consumer<Execution> program) {
    explore(cpus, program);
  }

  /**
   * Whether who holds the MMU lock sees that others want it. Of a lock that is taken in one step,
   * nobody is seen to wait.
   */
  default boolean saysThatOthersWait() {
    return true;
  }

  /**
   * How often a body repeats a single access: so often, where chance decides how threads meet, that
   * they run side by side for a while even on a busy computer; few times where the back end tries
   * schedules.
   */
  int accesses();

  /** How often a body repeats an operation of some length. */
  int repeats();

  /** How often bodies wait for each other, where they do so in each round; it takes far longer. */
  int meetings();
}
