/**
 * {@code gnomon rules}: the disputed decisions, where each value comes from, and the verdict on it.
 * What the corpus expects is looked up ({@link dev.gnomon.cli.rules.RuleBook}); {@code --verify}
 * has it explored ({@link dev.gnomon.cli.rules.Verification}).
 */
@NullMarked
package dev.gnomon.cli.rules;

import org.jspecify.annotations.NullMarked;
