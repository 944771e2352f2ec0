/** Tests of the events, some against what real kernels recorded. */
@NullMarked
package dev.gnomon.mmu.event;

import org.jspecify.annotations.NullMarked;
