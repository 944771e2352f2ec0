/**
 * Random guests under every configuration of the MMU, each access beside the architectural walk of
 * the guest's own tables. Everything runs on the caller's thread, and follows from a seed; whoever
 * calls says when to stop.
 */
@NullMarked
package dev.gnomon.machine.fuzz;

import org.jspecify.annotations.NullMarked;
