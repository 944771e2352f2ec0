package dev.gnomon.checker.schedule;

import java.lang.StackWalker.StackFrame;
import java.util.List;

/** Where in the code a step is taken. */
final class Places {
  private static final String THIS = Places.class.getPackageName() + ".";
  private static final String SYNC = "dev.gnomon.mmu.sync.";
  private static final StackWalker WALKER = StackWalker.getInstance();

  private Places() {}

  /** The class that asks for shared words. */
  static String maker() {
    return WALKER.walk(
        frames ->
            frames
                .filter(frame -> !frame.getClassName().startsWith(THIS))
                .findFirst()
                .map(frame -> simpleName(frame.getClassName()))
                .orElse("words"));
  }

  /** The line that takes a step, after {@code ", at "}; nothing if it is not known. */
  static String here() {
    List<String> callers = callers();
    return callers.isEmpty() ? "" : ", at " + callers.get(0);
  }

  /**
   * The line that takes a step, and the innermost of another class that led to it, as far as there
   * are any; locks passed over.
   */
  static List<String> callers() {
    return WALKER.walk(
        frames -> {
          List<StackFrame> ours =
              frames
                  .filter(frame -> !frame.getClassName().startsWith(THIS))
                  .filter(frame -> !frame.getClassName().startsWith(SYNC))
                  .filter(frame -> frame.getClassName().startsWith("dev.gnomon."))
                  .toList();
          if (ours.isEmpty()) {
            return List.of();
          }
          String first = ours.getFirst().getClassName();
          return ours.stream()
              .filter(frame -> !frame.getClassName().equals(first))
              .findFirst()
              .map(frame -> List.of(place(ours.getFirst()), place(frame)))
              .orElse(List.of(place(ours.getFirst())));
        });
  }

  private static String place(StackFrame frame) {
    return simpleName(frame.getClassName())
        + "."
        + frame.getMethodName().replaceFirst("^lambda\\$(.*)\\$[0-9]+$", "$1")
        + ":"
        + frame.getLineNumber();
  }

  private static String simpleName(String className) {
    String name = className.substring(className.lastIndexOf('.') + 1);
    // A class without a name of its own goes by that of the class around it.
    String named = name.replaceFirst("(\\$[0-9]+)+$", "");
    return named.substring(named.lastIndexOf('$') + 1);
  }
}
