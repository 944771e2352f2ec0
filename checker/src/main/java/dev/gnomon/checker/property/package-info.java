/** What must hold in every execution, and how it is said that it did not. */
@NullMarked
package dev.gnomon.checker.property;

import org.jspecify.annotations.NullMarked;
