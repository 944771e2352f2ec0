/**
 * What all commands share about how they are used: exit status, texts to values, and one clear line
 * for whatever is wrong. Knows no command.
 */
@NullMarked
package dev.gnomon.cli.usage;

import org.jspecify.annotations.NullMarked;
