/** What the host asks of the MMU: to let go of a range of memory, or to say whether it was used. */
@NullMarked
package dev.gnomon.mmu.notify;

import org.jspecify.annotations.NullMarked;
