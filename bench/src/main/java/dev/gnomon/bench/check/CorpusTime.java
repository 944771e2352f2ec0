package dev.gnomon.bench.check;

import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.schedule.Counterexample;
import dev.gnomon.checker.schedule.Result;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import org.jspecify.annotations.Nullable;

/**
 * All that the corpus asks under SC, answered by as many threads as asked for, each with a question
 * of its own. In a JVM that has just started, as whoever runs the checker has it.
 *
 * @param seconds from the first question to the last answer
 * @param processorSeconds of all threads of the JVM
 * @param questions how many there were
 * @param executions completed in all
 * @param steps taken in all
 * @param slowest the question that took longest
 * @param slowestSeconds how long
 * @param wrong those whose answer was not complete, or not the expected one
 */
public record CorpusTime(
    double seconds,
    double processorSeconds,
    int questions,
    long executions,
    long steps,
    String slowest,
    double slowestSeconds,
    List<String> wrong) {

  private record Answer(CorpusQuestion question, Result result) {
    boolean isWrong() {
      Counterexample found = result.counterexample();
      Violation violation = found == null ? null : found.violation();
      return !result.isComplete() || !question.litmusCase().isMetBy(violation);
    }
  }

  /**
   * Asks all of it.
   *
   * @throws ExecutionException if a question cannot be explored
   */
  public static CorpusTime measure(int threads) throws InterruptedException, ExecutionException {
    long start = System.nanoTime();
    long processorStart = ProcessorTime.nanos();
    Queue<CorpusQuestion> waiting = new ConcurrentLinkedQueue<>(CorpusQuestion.all());
    Queue<Answer> answers = new ConcurrentLinkedQueue<>();
    try (ExecutorService pool = Executors.newFixedThreadPool(threads)) {
      List<Future<?>> work = new ArrayList<>();
      for (int i = 0; i < threads; i++) {
        work.add(pool.submit(() -> answer(waiting, answers)));
      }
      for (Future<?> each : work) {
        each.get();
      }
    }
    return of(
        List.copyOf(answers),
        (System.nanoTime() - start) / 1e9,
        (ProcessorTime.nanos() - processorStart) / 1e9);
  }

  private static void answer(Queue<CorpusQuestion> waiting, Queue<Answer> answers) {
    for (CorpusQuestion next = waiting.poll(); next != null; next = waiting.poll()) {
      answers.add(new Answer(next, next.exploration().explore()));
    }
  }

  private static CorpusTime of(List<Answer> answers, double seconds, double processorSeconds) {
    @Nullable Answer slowest = null;
    long executions = 0;
    long steps = 0;
    for (Answer each : answers) {
      executions += each.result().executions();
      steps += each.result().steps();
      if (slowest == null || each.result().elapsed().compareTo(slowest.result().elapsed()) > 0) {
        slowest = each;
      }
    }
    List<String> wrong =
        answers.stream().filter(Answer::isWrong).map(each -> each.question().toString()).toList();
    return new CorpusTime(
        seconds,
        processorSeconds,
        answers.size(),
        executions,
        steps,
        slowest == null ? "" : slowest.question().toString(),
        slowest == null ? 0 : slowest.result().elapsed().toMillis() / 1e3,
        wrong);
  }
}
