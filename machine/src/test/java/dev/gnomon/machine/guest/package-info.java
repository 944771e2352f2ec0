/** The guest's operating system: each of its mechanisms, and whole guests that do all of them. */
@NullMarked
package dev.gnomon.machine.guest;

import org.jspecify.annotations.NullMarked;
