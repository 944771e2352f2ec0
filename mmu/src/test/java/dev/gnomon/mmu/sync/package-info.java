/** Tier 1 of the port, taken apart: what one CPU after the other does, without concurrency. */
@NullMarked
package dev.gnomon.mmu.sync;

import org.jspecify.annotations.NullMarked;
