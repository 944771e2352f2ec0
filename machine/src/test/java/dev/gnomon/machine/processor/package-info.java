/** The processor against what its manual says: caches, walks, and when it forgets. */
@NullMarked
package dev.gnomon.machine.processor;

import org.jspecify.annotations.NullMarked;
