/**
 * Counterexamples: how one is recorded while it is replayed, and the forms in which a reader gets
 * it (a table, a page, a trace for a viewer, a file to replay).
 *
 * <p>{@link dev.gnomon.checker.report.Recorder} alone looks at the machine. What it makes, {@link
 * dev.gnomon.checker.report.Recording}, is plain values, and all forms are made of those.
 */
@NullMarked
package dev.gnomon.checker.report;

import org.jspecify.annotations.NullMarked;
