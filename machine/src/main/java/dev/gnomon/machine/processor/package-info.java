/**
 * The processor: a vCPU's run loop, its TLB and paging-structure caches, and the two-dimensional
 * walker that fills them.
 *
 * <p>A vCPU and all that hangs on it is used by one CPU at a time. What it caches is coherent with
 * nothing: it is dropped when the MMU, or the guest, says so.
 */
@NullMarked
package dev.gnomon.machine.processor;

import org.jspecify.annotations.NullMarked;
