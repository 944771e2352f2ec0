/**
 * The machines that are measured: how they are put together, filled and brought back to a known
 * state.
 */
@NullMarked
package dev.gnomon.bench.rig;

import org.jspecify.annotations.NullMarked;
