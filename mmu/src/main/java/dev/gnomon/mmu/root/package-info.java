/** The root page table that a vCPU runs on. */
@NullMarked
package dev.gnomon.mmu.root;

import org.jspecify.annotations.NullMarked;
