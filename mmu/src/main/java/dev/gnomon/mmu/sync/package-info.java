/**
 * Tier 1 of the port: locks, RCU and the rendezvous with running vCPUs, written once on tier 0, so
 * that they are explored like everything above them.
 */
@NullMarked
package dev.gnomon.mmu.sync;

import org.jspecify.annotations.NullMarked;
