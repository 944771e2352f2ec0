/** Images, good and bad, and where they end up. */
@NullMarked
package dev.gnomon.machine.image;

import org.jspecify.annotations.NullMarked;
