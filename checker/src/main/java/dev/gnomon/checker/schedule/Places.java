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
    List<String> callers = callers(1);
    return callers.isEmpty() ? "" : ", at " + callers.get(0);
  }

  /** The line that takes a step, and those that called it, innermost first; locks passed over. */
  static List<String> callers(int most) {
    return WALKER.walk(
        frames ->
            frames
                .filter(frame -> !frame.getClassName().startsWith(THIS))
                .filter(frame -> !frame.getClassName().startsWith(SYNC))
                .filter(frame -> frame.getClassName().startsWith("dev.gnomon."))
                .limit(most)
                .map(Places::place)
                .toList());
  }

  private static String place(StackFrame frame) {
    return simpleName(frame.getClassName())
        + "."
        + frame.getMethodName()
        + ":"
        + frame.getLineNumber();
  }

  private static String simpleName(String className) {
    String name = className.substring(className.lastIndexOf('.') + 1);
    return name.substring(name.lastIndexOf('$') + 1);
  }
}
