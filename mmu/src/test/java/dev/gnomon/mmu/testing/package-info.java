/**
 * What the MMU's tests run it on: memory that knows which frames are allocated, a host that swaps,
 * migrates and resizes its pages, and processors with a TLB that keeps everything until it is told
 * to flush. All on one thread; a test decides the order, and places a race where it wants one.
 */
@NullMarked
package dev.gnomon.mmu.testing;

import org.jspecify.annotations.NullMarked;
