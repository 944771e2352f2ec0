package dev.gnomon.cli.check;

import dev.gnomon.checker.litmus.ExpectedVerdict;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.schedule.Counterexample;
import dev.gnomon.checker.schedule.Mode;
import dev.gnomon.checker.schedule.Result;
import org.jspecify.annotations.Nullable;

/**
 * What came of a question.
 *
 * @param result what was explored, or null if nothing could be
 * @param error why nothing could be, or null
 * @param isRepeated whether it is the answer to an earlier question that explores the same
 */
public record Answer(
    Question question,
    Mode mode,
    @Nullable Result result,
    @Nullable String error,
    boolean isRepeated) {

  private static final String INTERRUPTED = "interrupted";

  /** What an answer comes to. */
  public enum Verdict {
    /** Every execution was explored, and none violates anything. */
    SAFE,
    VIOLATED,
    /** A bound ended the search before it found anything. */
    UNDECIDED,
    /** It cannot be explored. */
    IMPOSSIBLE
  }

  /** The same for another question that explores the same. */
  Answer repeatedFor(Question other) {
    return new Answer(other, mode, result, error, true);
  }

  /** What it comes to. */
  public Verdict verdict() {
    if (result == null) {
      return Verdict.IMPOSSIBLE;
    }
    if (result.isViolated()) {
      return Verdict.VIOLATED;
    }
    return result.isComplete() ? Verdict.SAFE : Verdict.UNDECIDED;
  }

  /** That in words: {@code violated (no-write-lost)}. */
  public String describe() {
    return switch (verdict()) {
      case SAFE -> "safe";
      case VIOLATED -> "violated (" + violation().property().label() + ")";
      case UNDECIDED ->
          wasInterrupted()
              ? "no violation until it was interrupted"
              : "no violation within " + limit() + (mode == Mode.EXHAUSTIVE ? "" : ", by chance");
      case IMPOSSIBLE -> "cannot be explored";
    };
  }

  private String limit() {
    String limit = result == null ? null : result.limit();
    return limit == null ? "" : limit;
  }

  /** Whether it was the user who ended the search. */
  public boolean wasInterrupted() {
    return verdict() == Verdict.UNDECIDED && limit().equals(INTERRUPTED);
  }

  /** The counterexample; only if it is violated. */
  public Counterexample counterexample() {
    Counterexample counterexample = result == null ? null : result.counterexample();
    if (counterexample == null) {
      throw new IllegalStateException("nothing is violated");
    }
    return counterexample;
  }

  /** What is violated; only if something is. */
  public Violation violation() {
    return counterexample().violation();
  }

  /** Whether the file names this verdict; an undecided one is none. */
  public boolean isAsExpected() {
    return question.expectation() != null
        && switch (verdict()) {
          case SAFE -> question.expectation().isMetBy(null);
          case VIOLATED -> question.expectation().isMetBy(violation());
          case UNDECIDED, IMPOSSIBLE -> false;
        };
  }

  /**
   * Whether it is at odds with what the file says. That a search within bounds found nothing is at
   * odds only with a violation that it should have found.
   */
  public boolean isUnexpected() {
    if (question.expectation() == null || wasInterrupted()) {
      return false;
    }
    return verdict() == Verdict.UNDECIDED
        ? question.expectation().expected() == ExpectedVerdict.VIOLATED
        : !isAsExpected();
  }
}
