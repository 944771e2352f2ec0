/**
 * Making leaf entries, and writing them. {@link dev.gnomon.mmu.make.SpteWriter} is, apart from the
 * processor's own updates of A and D, the only writer of shadow page-table entries, so the one
 * place where volatility is decided.
 */
@NullMarked
package dev.gnomon.mmu.make;

import org.jspecify.annotations.NullMarked;
