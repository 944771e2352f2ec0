/**
 * Tier 0 of the port: all that the MMU knows of the world under it, and all that a back end
 * implements.
 *
 * <p>Every word that may be touched without an exclusive lock lives behind these classes. A back
 * end is real memory and real threads, a lockstep schedule, or an explorer of all schedules; the
 * MMU cannot tell which. Nothing here may be implemented inside the MMU itself.
 */
@NullMarked
package dev.gnomon.mmu.platform;

import org.jspecify.annotations.NullMarked;
