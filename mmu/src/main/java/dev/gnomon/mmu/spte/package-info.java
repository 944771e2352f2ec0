/**
 * The shadow page-table entry: where its bits are, what a value means, and the rules about values.
 *
 * <p>All functions of a {@code long}; nothing here reads or writes memory.
 */
@NullMarked
package dev.gnomon.mmu.spte;

import org.jspecify.annotations.NullMarked;
