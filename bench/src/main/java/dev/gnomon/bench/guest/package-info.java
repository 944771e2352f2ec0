/** What a guest feels: its accesses, its faults, the traces that it plays. */
@NullMarked
package dev.gnomon.bench.guest;

import org.jspecify.annotations.NullMarked;
