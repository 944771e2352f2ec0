package dev.gnomon.checker.litmus;

import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.Program;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.script.Script;
import dev.gnomon.machine.guest.script.ScriptObserver;
import dev.gnomon.machine.guest.script.ScriptRun;
import dev.gnomon.mmu.Rules;
import java.util.List;

/**
 * A scenario: a script of a few operations, what it is about, and what is expected of it under
 * which rules. Immutable.
 *
 * @param name of the file, without its ending
 * @param prose what the file says at its head, a line each
 * @param script the VM, and what its vCPUs and its host do
 * @param conditions what else the file says about the machine
 * @param cases what it expects, in the order of the file
 */
public record Litmus(
    String name, List<String> prose, Script script, Conditions conditions, List<LitmusCase> cases) {

  /** How the name of a file ends. */
  public static final String SUFFIX = ".litmus";

  public Litmus {
    prose = List.copyOf(prose);
    cases = List.copyOf(cases);
  }

  /**
   * Reads a litmus file.
   *
   * @param file its name, with or without directories and ending, for messages: {@code
   *     FILE:LINE:COLUMN: expected ..., found ...}
   * @throws InputException at the first thing that is wrong with it
   */
  public static Litmus parse(String file, String text) {
    return LitmusParser.parse(file, text);
  }

  /** What it is about, in a line. */
  public String title() {
    return prose.getFirst();
  }

  /** The rules that its settings say, for all cases; the others are at their defaults. */
  public Rules rules() {
    return script.rules();
  }

  /** How many threads run at once. */
  public int threads() {
    return script.threads();
  }

  /** What is expected under a memory model. */
  public List<LitmusCase> cases(MemoryModel model) {
    return cases.stream().filter(each -> each.models().contains(model)).toList();
  }

  /** The program of a case. */
  public Program program(LitmusCase litmusCase) {
    return program(litmusCase.applyTo(rules()));
  }

  /**
   * The program under some rules: builds the VM, runs the script, and says what was violated first.
   */
  public Program program(Rules rules) {
    return program(rules, ScriptObserver.NOBODY);
  }

  /** As {@link #program(Rules)}, with someone who looks on each time that it runs. */
  public Program program(Rules rules, ScriptObserver observer) {
    return execution -> Findings.violation(ScriptRun.run(script, rules, execution, observer));
  }
}
