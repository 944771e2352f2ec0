/**
 * KVM's x86 MMU. {@link dev.gnomon.mmu.Mmu} is a VM's, {@link dev.gnomon.mmu.VcpuMmu} a vCPU's,
 * {@link dev.gnomon.mmu.Rules} the disputed decisions.
 *
 * <p>The packages, from the ground up: platform and sync (the port), arch, config and event, spte,
 * slot, table, tlb, dirty, track, make, tdp, root, fault, notify. Each may use those before it.
 */
@NullMarked
package dev.gnomon.mmu;

import org.jspecify.annotations.NullMarked;
