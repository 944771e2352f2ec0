/** What the host and the VMM feel: the dirty log, aging, the memory that the MMU takes. */
@NullMarked
package dev.gnomon.bench.host;

import org.jspecify.annotations.NullMarked;
