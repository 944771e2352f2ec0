/**
 * {@code gnomon run}: a guest plays recorded traces in a VM, and what came of it is told. From the
 * options ({@link dev.gnomon.cli.run.RunOptions}) comes a checked plan, from the plan a run, from
 * the run a report, from the report a text and JSON.
 *
 * <p>Threads: the caller's prepares and reports; each CPU of the machine has one, started by {@link
 * dev.gnomon.machine.thread.CpuThreads}; one more watches and shows progress.
 */
@NullMarked
package dev.gnomon.cli.run;

import org.jspecify.annotations.NullMarked;
