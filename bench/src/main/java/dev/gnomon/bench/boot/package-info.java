/** Benchmarks of guests that are programs: machine code, executed by the instruction engine. */
@NullMarked
package dev.gnomon.bench.boot;

import org.jspecify.annotations.NullMarked;
