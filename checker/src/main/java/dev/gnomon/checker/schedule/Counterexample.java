package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Violation;

/**
 * An execution that violates a property.
 *
 * @param violation what it violates
 * @param schedule what leads to it
 * @param preemptions how often a body had to wait though it could have gone on
 * @param steps how many steps the bodies take
 * @param isShortest whether none has fewer preemptions, nor as many and fewer steps
 */
public record Counterexample(
    Violation violation, Schedule schedule, int preemptions, long steps, boolean isShortest) {}
