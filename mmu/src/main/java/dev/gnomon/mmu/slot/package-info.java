/**
 * Memslots: which guest frames are backed by which host memory, since which generation, and at
 * which levels they may be mapped.
 *
 * <p>A reader takes the slots once per exit, inside a read section that an exchange of the slots
 * waits for. Changes exclude each other.
 */
@NullMarked
package dev.gnomon.mmu.slot;

import org.jspecify.annotations.NullMarked;
