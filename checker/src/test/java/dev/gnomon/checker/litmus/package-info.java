/** Tests of the litmus language, and of the corpus. */
@NullMarked
package dev.gnomon.checker.litmus;

import org.jspecify.annotations.NullMarked;
