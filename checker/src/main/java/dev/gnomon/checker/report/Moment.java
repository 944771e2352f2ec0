package dev.gnomon.checker.report;

import dev.gnomon.checker.schedule.Step;

/**
 * A step, in words, and what the machine was like after it.
 *
 * @param step what was done
 * @param subject what it was done to
 * @param text both, decoded: {@code rmw spte gfn 0x100 level 1: W 0->1}
 * @param isMinor whether a short report may leave it out: nothing changed that others act on
 * @param after the machine after it
 */
public record Moment(Step step, Subject subject, String text, boolean isMinor, MachineState after) {

  /** The operation that it belongs to, without the line: {@code TdpZapper.zapRange}. */
  public String operation() {
    String caller = step.caller();
    int colon = caller.lastIndexOf(':');
    return colon < 0 ? caller : caller.substring(0, colon);
  }

  /** This moment, as one that a short report may leave out. */
  Moment minor() {
    return new Moment(step, subject, text, true, after);
  }
}
