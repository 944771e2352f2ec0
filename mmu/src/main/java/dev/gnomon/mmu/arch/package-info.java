/**
 * What the processor defines and the MMU only obeys: levels and their sizes, access kinds,
 * page-fault error codes, the formats of guest page tables, and the architectural walk of them.
 *
 * <p>Pure functions and values; nothing here knows of shadow page tables.
 */
@NullMarked
package dev.gnomon.mmu.arch;

import org.jspecify.annotations.NullMarked;
