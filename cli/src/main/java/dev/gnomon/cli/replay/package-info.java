/** {@code gnomon replay}: recordings of real kernels, event for event. */
@NullMarked
package dev.gnomon.cli.replay;

import org.jspecify.annotations.NullMarked;
