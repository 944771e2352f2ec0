/** {@code gnomon fuzz}: random guests beside the architectural walk. */
@NullMarked
package dev.gnomon.cli.fuzz;

import org.jspecify.annotations.NullMarked;
