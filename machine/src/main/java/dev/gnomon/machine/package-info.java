/**
 * What the MMU runs on. Each idea has a package of its own below this one; here stands only what
 * they share: the one exception that means "the user's input is wrong".
 */
@NullMarked
package dev.gnomon.machine;

import org.jspecify.annotations.NullMarked;
