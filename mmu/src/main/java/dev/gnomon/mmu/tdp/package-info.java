/**
 * The TDP MMU: direct page tables, gpa to hpa, under parallel faults.
 *
 * <p>vCPU faults hold the MMU lock for reading; a table is unlinked before it is freed, and freed
 * only after RCU's readers have left.
 */
@NullMarked
package dev.gnomon.mmu.tdp;

import org.jspecify.annotations.NullMarked;
