package dev.gnomon.bench.check;

import dev.gnomon.checker.schedule.Result;
import java.util.Comparator;
import java.util.List;

/**
 * How many steps a second the explorer takes on one core: in the corpus's median scenario, by the
 * steps that its exploration takes under the rules it sets, explored over and over. All that an
 * execution costs is in it, its preparation too, which is no step. Seconds are of processor time.
 *
 * @param scenario the median one
 * @param stepsOfAll the steps of one exploration of it
 * @param stepsPerSecond the rate of the best of a few periods
 */
public record StepRate(String scenario, long stepsOfAll, double stepsPerSecond) {
  private static final int PERIODS = 5;
  private static final long WARM_UP_NANOS = 5_000_000_000L;
  private static final long PERIOD_NANOS = 1_000_000_000L;

  private record Explored(CorpusQuestion question, long steps) {}

  /** Measures it. */
  public static StepRate measure() {
    List<Explored> all =
        CorpusQuestion.all().stream()
            .filter(CorpusQuestion::isPlain)
            .map(each -> new Explored(each, each.exploration().explore().steps()))
            .sorted(Comparator.comparingLong(Explored::steps))
            .toList();
    Explored median = all.get(all.size() / 2);
    rate(median.question(), WARM_UP_NANOS);
    double best = 0;
    for (int i = 0; i < PERIODS; i++) {
      best = Math.max(best, rate(median.question(), PERIOD_NANOS));
    }
    return new StepRate(median.question().litmus().name(), median.steps(), best);
  }

  private static double rate(CorpusQuestion question, long nanos) {
    long start = ProcessorTime.nanos();
    long steps = 0;
    long elapsed;
    do {
      Result result = question.exploration().explore();
      steps += result.steps();
      elapsed = ProcessorTime.nanos() - start;
    } while (elapsed < nanos);
    return steps / (elapsed / 1e9);
  }
}
