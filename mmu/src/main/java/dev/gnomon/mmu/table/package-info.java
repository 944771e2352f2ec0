/**
 * Pages of shadow page-table entries: what is known of each beside its 512 words, where they come
 * from, and how to walk them.
 */
@NullMarked
package dev.gnomon.mmu.table;

import org.jspecify.annotations.NullMarked;
