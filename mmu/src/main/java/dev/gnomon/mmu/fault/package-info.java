/**
 * The page-fault path: from the exit of a vCPU to an installed entry, and the fast path that needs
 * no lock.
 */
@NullMarked
package dev.gnomon.mmu.fault;

import org.jspecify.annotations.NullMarked;
