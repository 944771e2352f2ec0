/**
 * Live migration and its proof: {@link dev.gnomon.machine.migration.LiveMigration} copies a running
 * guest's memory, and what lies outside it, to a {@link dev.gnomon.machine.migration.PageSink}:
 * another VM of this process, or over TCP to another process; there each page is compared after the
 * stop.
 *
 * <p>Pages go by frame number: the n-th frame of guest memory, the hole left out. The threads,
 * sockets, clocks and sleeps of this module that are not the platform's own are in here; nothing
 * sleeps while it holds what a vCPU may wait for.
 */
@NullMarked
package dev.gnomon.machine.migration;

import org.jspecify.annotations.NullMarked;
