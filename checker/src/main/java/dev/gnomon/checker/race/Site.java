package dev.gnomon.checker.race;

/**
 * A place in transformed code that touches a variable.
 *
 * @param place {@code Class.method:line}
 * @param variable what it touches, as far as the code tells: {@code RetiredQueue.size}, {@code
 *     long[]}, {@code Map}
 */
public record Site(String place, String variable) {
  static final Site UNKNOWN = new Site("a place that has no number", "something");
}
