/**
 * Dirty logging: the bitmap of a slot, the ring and the PML buffer of a vCPU, and what the VMM does
 * with them: get, clear, harvest, reset.
 *
 * <p>Marks are made by any vCPU at any time; the VMM's operations exclude each other.
 */
@NullMarked
package dev.gnomon.mmu.dirty;

import org.jspecify.annotations.NullMarked;
