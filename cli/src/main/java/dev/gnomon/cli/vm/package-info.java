/**
 * What the commands that run a VM share: the options that describe its MMU and its memory, and the
 * host that it runs on. Knows no command.
 */
@NullMarked
package dev.gnomon.cli.vm;

import org.jspecify.annotations.NullMarked;
