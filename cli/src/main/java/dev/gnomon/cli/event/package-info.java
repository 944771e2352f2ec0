/**
 * The MMU's events for people and their tools: as text in the form of the kernel's ftrace, and as
 * events of the JDK's flight recorder.
 *
 * <p>{@link dev.gnomon.cli.event.TraceOptions} are a command's options, {@link
 * dev.gnomon.cli.event.EventTrace} what they open; a VM is made with its tracepoints. Each CPU puts
 * its events into a ring of its own; one thread merges the rings by time and writes.
 */
@NullMarked
package dev.gnomon.cli.event;

import org.jspecify.annotations.NullMarked;
