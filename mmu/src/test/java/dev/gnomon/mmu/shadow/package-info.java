/** Tests of the shadow MMU's parts. */
@NullMarked
package dev.gnomon.mmu.shadow;

import org.jspecify.annotations.NullMarked;
