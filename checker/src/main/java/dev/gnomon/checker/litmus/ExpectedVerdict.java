package dev.gnomon.checker.litmus;

import java.util.Locale;

/** What a litmus file expects of an exploration. */
public enum ExpectedVerdict {
  /** No execution violates anything. */
  SAFE,
  /** Some execution violates a property. */
  VIOLATED;

  /** Its name in a litmus file and in reports: {@code safe}. */
  public String label() {
    return name().toLowerCase(Locale.ROOT);
  }
}
