/**
 * The protocol of a fast page fault and of a zap, written once more for Lincheck's model checker:
 * what {@code bench/spin/fast-fault-zap.pml} is for SPIN.
 */
@NullMarked
package dev.gnomon.bench.lincheck;

import org.jspecify.annotations.NullMarked;
