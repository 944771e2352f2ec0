/**
 * What the checker's speed is measured by: its corpus, and a small VM that is made again and again.
 */
@NullMarked
package dev.gnomon.bench.check;

import org.jspecify.annotations.NullMarked;
