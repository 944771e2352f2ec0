/** Tests of scripts: the language, each operation, and scripts that are safe and unsafe. */
@NullMarked
package dev.gnomon.machine.guest.script;

import org.jspecify.annotations.NullMarked;
