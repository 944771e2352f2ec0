package dev.gnomon.bench;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.openjdk.jmh.profile.GCProfiler;
import org.openjdk.jmh.results.Result;
import org.openjdk.jmh.results.RunResult;
import org.openjdk.jmh.runner.Runner;
import org.openjdk.jmh.runner.RunnerException;
import org.openjdk.jmh.runner.options.ChainedOptionsBuilder;
import org.openjdk.jmh.runner.options.OptionsBuilder;
import org.openjdk.jmh.runner.options.TimeValue;
import org.openjdk.jmh.runner.options.VerboseMode;

/** Runs of one JMH benchmark, each in a JVM of its own, and what their medians are. */
final class JmhRuns {
  private static final String ALLOCATED = "gc.alloc.rate.norm";

  private final Class<?> benchmark;
  private final String method;
  private final Map<String, String> parameters;
  private final boolean isTimed;
  private final List<Double> medians = new ArrayList<>();
  private final List<Double> bests = new ArrayList<>();
  private final List<Double> tails = new ArrayList<>();
  private final List<Double> allocations = new ArrayList<>();

  private JmhRuns(
      Class<?> benchmark, String method, Map<String, String> parameters, boolean isTimed) {
    this.benchmark = benchmark;
    this.method = method;
    this.parameters = parameters;
    this.isTimed = isTimed;
  }

  /** Runs of a benchmark that samples for a time. */
  static JmhRuns sampling(Class<?> benchmark, String method) {
    return new JmhRuns(benchmark, method, Map.of(), true);
  }

  /** The same, with a parameter. */
  static JmhRuns sampling(Class<?> benchmark, String method, String parameter, Object value) {
    return new JmhRuns(benchmark, method, Map.of(parameter, value.toString()), true);
  }

  /** Runs of a benchmark that is called a number of times. */
  static JmhRuns calling(Class<?> benchmark, String method, String parameter, Object value) {
    return calling(benchmark, method, Map.of(parameter, value.toString()));
  }

  /** The same, with several parameters. */
  static JmhRuns calling(Class<?> benchmark, String method, Map<String, String> parameters) {
    return new JmhRuns(benchmark, method, parameters, false);
  }

  /** Runs all of them, in turns: so that what is compared has had the same weather. */
  static void alternate(int rounds, JmhRuns... all) {
    for (int round = 0; round < rounds; round++) {
      for (JmhRuns each : all) {
        each.run();
      }
    }
  }

  private void run() {
    String name = benchmark.getName() + "." + method;
    ChainedOptionsBuilder options =
        new OptionsBuilder()
            .include("^" + Pattern.quote(name) + "$")
            .addProfiler(GCProfiler.class)
            .verbosity(VerboseMode.SILENT)
            .shouldFailOnError(true)
            .forks(1);
    parameters.forEach(options::param);
    if (isTimed) {
      options.warmupIterations(4).warmupTime(TimeValue.milliseconds(400));
      options.measurementIterations(3).measurementTime(TimeValue.milliseconds(400));
    }
    Collection<RunResult> results;
    try {
      results = new Runner(options.build()).run();
    } catch (RunnerException e) {
      throw new FailedMeasurementException(name + " failed: " + e.getMessage(), e);
    }
    if (results.size() != 1) {
      throw new FailedMeasurementException(name + " gave " + results.size() + " results, not one");
    }
    keep(results.iterator().next());
  }

  private void keep(RunResult result) {
    var times = result.getPrimaryResult().getStatistics();
    medians.add(times.getPercentile(50));
    bests.add(times.getMin());
    tails.add(times.getPercentile(99));
    Result<?> allocated = result.getSecondaryResults().get(ALLOCATED);
    if (allocated != null) {
      allocations.add(allocated.getScore());
    }
  }

  /** The median time, in the benchmark's unit: of the runs' medians the median. */
  double median() {
    return medianOf(medians);
  }

  /** The shortest time. */
  double best() {
    return bests.stream().mapToDouble(Double::doubleValue).min().orElse(Double.NaN);
  }

  /** The time that one in a hundred exceeds. */
  double tail() {
    return medianOf(tails);
  }

  /** Bytes of heap that a call allocated. */
  double allocated() {
    return medianOf(allocations);
  }

  private static double medianOf(List<Double> values) {
    double[] sorted = values.stream().mapToDouble(Double::doubleValue).toArray();
    Arrays.sort(sorted);
    return sorted.length == 0 ? Double.NaN : sorted[sorted.length / 2];
  }
}
