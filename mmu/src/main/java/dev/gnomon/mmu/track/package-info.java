/**
 * How a maker of shadow page-table entries learns that a guest frame must not be written behind the
 * MMU's back.
 */
@NullMarked
package dev.gnomon.mmu.track;

import org.jspecify.annotations.NullMarked;
