/**
 * How a VM's MMU is set up, what it counts, and what a switchable rule is.
 *
 * <p>Values only, but for {@link dev.gnomon.mmu.config.Statistics}, which each CPU counts into
 * alone.
 */
@NullMarked
package dev.gnomon.mmu.config;

import org.jspecify.annotations.NullMarked;
