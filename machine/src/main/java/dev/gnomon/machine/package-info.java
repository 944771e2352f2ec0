/**
 * What the MMU runs on. Each idea has a package of its own below this one; here stands what is put
 * together out of them, and {@link dev.gnomon.machine.InputException}, which in all of them means
 * that the user's input is wrong.
 */
@NullMarked
package dev.gnomon.machine;

import org.jspecify.annotations.NullMarked;
