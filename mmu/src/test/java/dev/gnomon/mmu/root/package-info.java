/** Tests of what a vCPU has loaded. */
@NullMarked
package dev.gnomon.mmu.root;

import org.jspecify.annotations.NullMarked;
