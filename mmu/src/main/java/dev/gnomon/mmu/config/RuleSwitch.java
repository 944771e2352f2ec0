package dev.gnomon.mmu.config;

import java.util.List;

/**
 * A disputed decision that can be switched.
 *
 * @param name on the command line: {@code volatile}
 * @param subject what it decides, in one line
 * @param type the interface that a value implements
 * @param values the shipped values, in the order of their history
 * @param defaultValue what the newest kernel does
 */
public record RuleSwitch<T>(
    String name, String subject, Class<T> type, List<? extends T> values, T defaultValue) {

  /** The switch over the constants of an enum. */
  public static <T, E extends Enum<E> & RuleValue> RuleSwitch<T> of(
      String name, String subject, Class<T> type, Class<E> values, E defaultValue) {
    List<T> cast = List.of(values.getEnumConstants()).stream().map(type::cast).toList();
    return new RuleSwitch<>(name, subject, type, cast, type.cast(defaultValue));
  }

  /** The name of a value: its label, or the class of a user's own. */
  public static String label(Object value) {
    return value instanceof RuleValue shipped ? shipped.label() : value.getClass().getName();
  }
}
