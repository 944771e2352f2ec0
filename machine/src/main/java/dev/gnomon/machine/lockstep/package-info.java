/**
 * The port in lockstep: plain threads of which exactly one runs at a time, and a seed that decides
 * at every operation who goes on. The same program under the same seed takes the same steps on any
 * machine, so a failure is found again by its seed.
 *
 * <p>Memory is sequentially consistent here. What depends on store buffers shows on real threads or
 * under the explorer only.
 */
@NullMarked
package dev.gnomon.machine.lockstep;

import org.jspecify.annotations.NullMarked;
