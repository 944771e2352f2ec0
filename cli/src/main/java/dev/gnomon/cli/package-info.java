/**
 * The command {@code gnomon}: reads its arguments, runs what they ask for, prints the result. What
 * a user got wrong is one line on standard error and exit status 2.
 */
@NullMarked
package dev.gnomon.cli;

import org.jspecify.annotations.NullMarked;
