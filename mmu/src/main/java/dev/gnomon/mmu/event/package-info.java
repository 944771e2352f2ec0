/**
 * What the MMU does, as it does it, in the vocabulary of KVM's tracepoints: {@link
 * dev.gnomon.mmu.event.Tracepoints} is told, and whoever listens extends it. Every part of the MMU
 * that causes an event is given the VM's tracepoints when it is made.
 */
@NullMarked
package dev.gnomon.mmu.event;

import org.jspecify.annotations.NullMarked;
