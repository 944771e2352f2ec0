package dev.gnomon.cli.check;

import dev.gnomon.checker.race.RaceDetection;
import dev.gnomon.checker.schedule.Mode;
import dev.gnomon.cli.usage.Choice;
import dev.gnomon.machine.InputException;
import java.security.SecureRandom;
import java.time.Duration;
import org.jspecify.annotations.Nullable;

/** Makes sense of the options of a search. */
public final class CheckPlan {
  /** What a search by chance does if nothing ends it before. */
  static final long RANDOM_EXECUTIONS = 10_000;

  private static final int MOST_CARRIERS = 1024;
  private static final int SEEDS = 1_000_000;
  private static final double NANOS = 1e9;
  private static final double LONGEST_SECONDS = 1e9;

  private CheckPlan() {}

  /**
   * The plan that options ask for.
   *
   * @throws InputException if one is out of range
   */
  static SearchPlan of(CheckOptions.Search options) {
    require(
        options.executions == null || options.executions >= 1,
        "--executions " + options.executions + ": expected at least 1");
    require(
        options.seconds == null || options.seconds > 0 && options.seconds <= LONGEST_SECONDS,
        "--seconds " + options.seconds + ": expected more than 0");
    require(
        options.preemptions == null || options.preemptions >= 0,
        "--preemptions " + options.preemptions + ": expected at least 0");
    boolean isRandom = options.mode != Mode.EXHAUSTIVE;
    require(
        !isRandom || options.preemptions == null, "--preemptions goes with --mode exhaustive only");
    require(isRandom || options.seed == null, "--seed goes with --mode random and pct only");
    boolean isBounded = options.executions != null || options.seconds != null;
    Long executions = isRandom && !isBounded ? Long.valueOf(RANDOM_EXECUTIONS) : options.executions;
    return new SearchPlan(
        options.mode,
        executions,
        options.seconds == null ? null : Duration.ofNanos((long) (options.seconds * NANOS)),
        options.preemptions,
        options.seed == null ? 1 + new SecureRandom().nextInt(SEEDS) : options.seed,
        carriers(options.carriers),
        findsRaces(options.races));
  }

  /**
   * How many threads explore.
   *
   * @param asked as given, or null
   * @throws InputException if it is out of range
   */
  public static int carriers(@Nullable Integer asked) {
    require(
        asked == null || asked >= 1 && asked <= MOST_CARRIERS,
        "--carriers " + asked + ": expected 1 to " + MOST_CARRIERS);
    return asked == null ? Runtime.getRuntime().availableProcessors() : asked;
  }

  /**
   * Whether races are looked for: if possible, where nothing is asked.
   *
   * @throws InputException if that is asked for and not possible
   */
  public static boolean findsRaces(Choice.@Nullable Feature asked) {
    boolean isPossible = asked != Choice.Feature.OFF && RaceDetection.isAvailable();
    require(
        asked != Choice.Feature.ON || isPossible,
        "--races on: the JVM runs without the agent that this takes; the script 'gnomon' has it");
    return isPossible;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new InputException(message);
    }
  }
}
