/**
 * Readers of recorded memory traces: the text that {@code valgrind --tool=lackey --trace-mem=yes}
 * writes, plain or compressed.
 *
 * <p>A {@link dev.gnomon.machine.trace.TraceSource} says where a trace comes from and can be opened
 * as often as needed; a {@link dev.gnomon.machine.trace.TraceReader} plays it once, from wherever
 * it is told to start, into a {@link dev.gnomon.machine.trace.TraceBatch} that its caller owns and
 * reuses. A trace is streamed: what is in memory at any time is one buffer and one batch. Reading
 * validates: whatever is wrong with a trace is an {@link dev.gnomon.machine.InputException} that
 * names the file and, where there is one, the line.
 *
 * <p>Nothing in this package is shared between threads: a source, a reader and a batch each belong
 * to one thread at a time.
 */
@NullMarked
package dev.gnomon.machine.trace;

import org.jspecify.annotations.NullMarked;
