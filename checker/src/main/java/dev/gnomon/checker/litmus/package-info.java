/**
 * The language of scenarios, and the corpus: small programs for a VM's vCPUs and its host, each
 * about one race, with the verdict that is expected under each value of the rule in dispute. The
 * language is that of scripts with more; it is specified in {@code docs/litmus.md}.
 */
@NullMarked
package dev.gnomon.checker.litmus;

import org.jspecify.annotations.NullMarked;
