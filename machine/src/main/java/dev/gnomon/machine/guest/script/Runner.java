package dev.gnomon.machine.guest.script;

import dev.gnomon.mmu.platform.Cpu;
import java.util.List;

/** Goes through statements: the loops, and the numbers; what an operation does, others know. */
abstract class Runner {
  private final Script script;
  private final Findings findings;

  /** Of the loops around the statement that is run. */
  private final long[] counters;

  /**
   * @param counters where the loops count, as many as any statement has around it
   */
  Runner(Script script, String who, long[] counters) {
    this.script = script;
    this.counters = counters;
    findings = new Findings(who);
  }

  final Script script() {
    return script;
  }

  final Findings findings() {
    return findings;
  }

  final long[] counters() {
    return counters;
  }

  final void run(Cpu cpu, List<Statement> statements) {
    for (Statement statement : statements) {
      run(cpu, statement);
    }
  }

  final void run(Cpu cpu, Statement statement) {
    if (statement instanceof Statement.Repeat repeat) {
      boolean isLast = repeat.times() == 0;
      for (long i = 0; !isLast; i++) {
        isLast =
            repeat.times() == Statement.Repeat.WHILE_RUNNING
                ? !areVcpusRunning()
                : i + 1 == repeat.times();
        counters[repeat.loop()] = i;
        run(cpu, repeat.body());
      }
    } else {
      operate(cpu, statement);
    }
  }

  /** Whether any vCPU section has yet to end. For whoever runs beside them. */
  boolean areVcpusRunning() {
    return false;
  }

  /** Does what one operation says. */
  abstract void operate(Cpu cpu, Statement statement);

  /**
   * The value of a number in a statement.
   *
   * @throws dev.gnomon.machine.InputException if it has none
   */
  final long value(int line, Expression expression) {
    try {
      return expression.value(counters);
    } catch (IllegalArgumentException e) {
      throw script.error(line, String.valueOf(e.getMessage()));
    }
  }

  final void check(int line, Expectation expectation, long found, long mask) {
    findings.check(line, expectation, found, mask, counters);
  }
}
