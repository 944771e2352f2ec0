/**
 * The host's memory and its manager: the reserved mapping that is physical memory, the allocator of
 * its frames, and the address space of a VMM process with page sizes, reclaim and a swap file.
 *
 * <p>Used by back ends of the port and by whoever builds a machine; the MMU sees only the port
 * classes that are extended here. Whatever CPUs share lies in memory, in port words, or in fields
 * guarded by a {@link dev.gnomon.mmu.sync.SpinLock}, so that it runs under every back end: there is
 * no {@code Thread}, {@code synchronized}, {@code java.util.concurrent} or clock in here.
 */
@NullMarked
package dev.gnomon.machine.memory;

import org.jspecify.annotations.NullMarked;
