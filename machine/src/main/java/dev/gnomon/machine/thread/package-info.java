/**
 * The port on real memory and real threads, and how threads are started, joined and stopped on any
 * back end ({@link dev.gnomon.machine.thread.Execution}).
 *
 * <p>What runs here runs for speed: one back end is loaded in a process that runs guests, so calls
 * through the port are direct once compiled. Only code that waits looks whether it should stop.
 */
@NullMarked
package dev.gnomon.machine.thread;

import org.jspecify.annotations.NullMarked;
