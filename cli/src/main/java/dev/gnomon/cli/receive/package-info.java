/** {@code gnomon receive}: takes the guest of a {@code gnomon run --migrate-to}, and checks it. */
@NullMarked
package dev.gnomon.cli.receive;

import org.jspecify.annotations.NullMarked;
