/**
 * Benchmarks (JMH) and stress tests (jcstress): programs on the class path, started by the script
 * {@code gnomon}.
 */
@NullMarked
package dev.gnomon.bench;

import org.jspecify.annotations.NullMarked;
