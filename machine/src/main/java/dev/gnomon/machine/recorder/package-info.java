/**
 * The machine on which the oracle's recordings were made, as a guest of this project: its memory,
 * page tables and registers at the start, its host operations, and what it prints; and the
 * canonical form of a trace, in which recordings and replays are compared.
 */
@NullMarked
package dev.gnomon.machine.recorder;

import org.jspecify.annotations.NullMarked;
