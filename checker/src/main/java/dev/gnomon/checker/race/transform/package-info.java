/**
 * Rewrites classes as they load, so that they tell what they touch. Used by the agent alone; a
 * class must never be loaded from here, as the JVM would not transform it.
 */
@NullMarked
package dev.gnomon.checker.race.transform;

import org.jspecify.annotations.NullMarked;
