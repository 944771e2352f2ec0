/**
 * Arithmetic on vectors of integers, as SSE and SSE2 define it: pure functions of halves, 64 bits
 * each, that know nothing of processors.
 */
@NullMarked
package dev.gnomon.machine.x86.vector;

import org.jspecify.annotations.NullMarked;
