/**
 * Classes that are transformed for tests, as if they belonged to the MMU: the agent is told so by
 * the build. Some race when they are used as they should not be.
 */
@NullMarked
package dev.gnomon.checker.race.seeded;

import org.jspecify.annotations.NullMarked;
