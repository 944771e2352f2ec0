package dev.gnomon.checker.schedule;

import java.util.List;

/**
 * How an execution of a {@link ReferenceProgram} ended.
 *
 * @param memory the words at the end
 * @param results by thread: what each of its operations gave it, 0 for those that give nothing
 */
record ReferenceOutcome(List<Long> memory, List<List<Long>> results) {

  /** What a thread's operation gave, both counted from 0. */
  long result(int thread, int operation) {
    return results.get(thread).get(operation);
  }
}
