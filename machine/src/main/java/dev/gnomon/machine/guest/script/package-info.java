/**
 * Scripts: a guest that does what a small text says, operation by operation, while a host does what
 * the text says. {@link dev.gnomon.machine.guest.script.Script} reads one, {@link
 * dev.gnomon.machine.guest.script.ScriptRun} runs it on any execution. The language is specified in
 * {@code docs/scripts.md}.
 *
 * <p>A script is immutable and can be run any number of times.
 */
@NullMarked
package dev.gnomon.machine.guest.script;

import org.jspecify.annotations.NullMarked;
