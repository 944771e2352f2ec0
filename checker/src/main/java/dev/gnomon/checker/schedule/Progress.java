package dev.gnomon.checker.schedule;

import java.time.Duration;

/**
 * How far an exploration is.
 *
 * @param executions completed so far
 * @param redundant those cut short as they would repeat others
 * @param steps taken so far
 * @param depth decisions of an execution
 * @param fraction a guess of what part of the tree is behind, 0 to 1; it goes down when more is
 *     found
 * @param elapsed since it began
 */
public record Progress(
    long executions, long redundant, long steps, int depth, double fraction, Duration elapsed) {}
