/**
 * Stress: a few vCPUs hammer a few pages while the host does to them what a disputed rule is about,
 * as often as it can; and every byte is checked. A rule value that can lose a page loses one here.
 */
@NullMarked
package dev.gnomon.cli.stress;

import org.jspecify.annotations.NullMarked;
