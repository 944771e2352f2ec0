/**
 * The port under a scheduler that decides who moves next: threads as coroutines, the tree of their
 * interleavings, and its reduction.
 */
@NullMarked
package dev.gnomon.checker.schedule;

import org.jspecify.annotations.NullMarked;
