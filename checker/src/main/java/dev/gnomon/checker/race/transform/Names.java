package dev.gnomon.checker.race.transform;

import dev.gnomon.checker.race.Probe;
import dev.gnomon.checker.race.RaceDetector;
import java.lang.constant.ClassDesc;

/** What is added to classes, and what it calls. */
final class Names {
  static final ClassDesc PROBE = ClassDesc.of(Probe.class.getName());
  static final ClassDesc DETECTOR = ClassDesc.of(RaceDetector.class.getName());

  private static final String PREFIX = "gnomon$";

  private Names() {}

  /** The method that reads a field. */
  static String getter(String field) {
    return PREFIX + "get$" + field;
  }

  /** The method that writes a field. */
  static String setter(String field) {
    return PREFIX + "set$" + field;
  }

  /** The field that holds another's last write. */
  static String lastWrite(String field) {
    return PREFIX + "write$" + field;
  }

  /** The field that holds another's last reads. */
  static String lastReads(String field) {
    return PREFIX + "reads$" + field;
  }

  /** The method in place of a call. */
  static String call(int number) {
    return PREFIX + "call$" + number;
  }

  /** A class, by its name with slashes, as people write it. */
  static String simple(String className) {
    return className.substring(className.lastIndexOf('/') + 1).replace('$', '.');
  }

  /** A method as people know it: the body of a lambda is part of the method around it. */
  static String method(String name) {
    if (name.startsWith("lambda$")) {
      int end = name.lastIndexOf('$');
      return end > "lambda$".length() ? name.substring("lambda$".length(), end) : name;
    }
    return name;
  }
}
