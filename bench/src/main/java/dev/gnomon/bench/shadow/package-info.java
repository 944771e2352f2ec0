/**
 * What is measured of the shadow MMU, with guests of 4-level tables: its faults, loads of CR3, and
 * processes that fork.
 */
@NullMarked
package dev.gnomon.bench.shadow;

import org.jspecify.annotations.NullMarked;
