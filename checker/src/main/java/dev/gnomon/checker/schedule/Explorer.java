package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.race.RefusedException;
import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.machine.thread.StoppedException;
import org.jspecify.annotations.Nullable;

/** Runs a program on one carrier, again and again, each time under some director. */
final class Explorer {
  private final Program program;
  private final Stage stage;
  private final ExploredExecution execution;
  private final long maxSteps;

  Explorer(Program program, Setup setup) {
    this.program = program;
    maxSteps = setup.maxSteps();
    stage =
        new Stage(
            setup.cpus(),
            setup.memoryModel(),
            setup.findsRaces(),
            new ReplayDirector(Schedule.of(), setup.cpus()));
    execution =
        new ExploredExecution(stage, setup.cpus(), setup.framesPerCpu(), setup.hasAbstractLocks());
  }

  Stage stage() {
    return stage;
  }

  ExploredExecution execution() {
    return execution;
  }

  /**
   * Runs the program once.
   *
   * @param isLikeLast whether it repeats the execution before it up to what is new
   * @return what was violated, or null
   * @throws CheckerException if it cannot be explored
   */
  @Nullable Violation run(Director director, boolean isLikeLast) {
    stage.reset(director, isLikeLast, maxSteps);
    execution.reset();
    Violation found = null;
    try {
      found = program.run(execution);
    } catch (StoppedException e) {
      // Cut short; the stage knows why.
    } catch (CpuFailureException e) {
      found = violation(e.getCause() == null ? e : e.getCause(), e.getMessage());
    } catch (RuntimeException | AssertionError e) {
      found = violation(e, String.valueOf(e.getMessage()));
    }
    CheckerException refusal = stage.refusal();
    if (refusal != null) {
      throw refusal;
    }
    return stage.violation() != null ? stage.violation() : stage.isRedundant() ? null : found;
  }

  private static Violation violation(Throwable cause, String message) {
    if (cause instanceof CheckerException refusal) {
      throw refusal;
    }
    if (cause instanceof RefusedException refusal) {
      throw new CheckerException(refusal.getMessage());
    }
    Property property = cause instanceof AssertionError ? Property.EXPECTATION : Property.STRUCTURE;
    return new Violation(property, message);
  }
}
