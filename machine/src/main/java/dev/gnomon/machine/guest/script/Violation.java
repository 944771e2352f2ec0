package dev.gnomon.machine.guest.script;

/**
 * An expectation of a script that did not hold.
 *
 * @param concern what that means
 * @param line of the operation, from 1
 * @param who did it: {@code vcpu 0}, {@code host 1}
 * @param expected what the script says
 * @param found what was there instead
 */
public record Violation(Concern concern, int line, String who, String expected, String found) {

  @Override
  public String toString() {
    return "line " + line + ", " + who + ": expected " + expected + ", found " + found;
  }
}
