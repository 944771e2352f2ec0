/** Who must flush what, and who waits for it. */
@NullMarked
package dev.gnomon.mmu.tlb;

import org.jspecify.annotations.NullMarked;
