/**
 * {@code gnomon instructions}: the instruction engine against the machine's own processor. May use
 * {@code usage}.
 */
@NullMarked
package dev.gnomon.cli.instructions;

import org.jspecify.annotations.NullMarked;
