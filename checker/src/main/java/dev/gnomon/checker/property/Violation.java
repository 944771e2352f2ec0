package dev.gnomon.checker.property;

/**
 * A property that did not hold in an execution.
 *
 * @param property which
 * @param message what was found, in a line or a few
 */
public record Violation(Property property, String message) {
  @Override
  public String toString() {
    return property.label() + ": " + message;
  }
}
