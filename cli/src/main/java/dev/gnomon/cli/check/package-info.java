/**
 * {@code gnomon check}: scenarios in every interleaving, and what came of it. The arguments name
 * scenarios ({@link dev.gnomon.cli.check.ScenarioText}); from each come questions ({@link
 * dev.gnomon.cli.check.Question}), one for each verdict that its file names or one for what the
 * user asks; each is answered by one exploration ({@link dev.gnomon.cli.check.Answer}); answers
 * become lines, JSON, and counterexamples to read.
 *
 * <p>Threads: the caller's prints; each question is explored from a thread of its own, a few at a
 * time, which starts the carriers.
 */
@NullMarked
package dev.gnomon.cli.check;

import org.jspecify.annotations.NullMarked;
