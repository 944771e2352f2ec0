/**
 * Stress tests (jcstress) of the port on real threads: its memory, its words, and the locks, grace
 * periods and rendezvous built on them. Each class asks one question; its outcomes say what each
 * answer would mean.
 */
@NullMarked
package dev.gnomon.bench.port;

import org.jspecify.annotations.NullMarked;
