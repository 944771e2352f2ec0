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
   * How often a body of a program repeats what it does: many times where chance decides how threads
   * meet, few where the back end tries many schedules.
   */
  int repeats();
}
