/**
 * {@code gnomon boot}: an image boots on a small PC ({@link dev.gnomon.machine.device}). From the
 * options comes a checked plan, from the plan a run, from the run a report.
 *
 * <p>Threads: the caller's prepares and reports; each vCPU has one, or all share one (in turn); one
 * sounds alarms ({@link dev.gnomon.cli.boot.RealTime}), one reads standard input when the guest
 * asks for it, one watches.
 */
@NullMarked
package dev.gnomon.cli.boot;

import org.jspecify.annotations.NullMarked;
