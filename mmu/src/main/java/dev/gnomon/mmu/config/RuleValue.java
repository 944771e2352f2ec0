package dev.gnomon.mmu.config;

import java.util.Locale;

/**
 * One shipped value of a rule: an enum constant that also implements the rule's interface. Each
 * says in one line where it comes from.
 */
public interface RuleValue {

  /** The enum constant's name. */
  String name();

  /** What kernels did this, or who proposed it, in one line. */
  String history();

  /** The name on the command line: {@code unless-writable}. */
  default String label() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }
}
