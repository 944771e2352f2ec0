package dev.gnomon.machine.lockstep;

import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Says where each CPU is, for the messages of failures. */
final class Places {
  private static final int MAX_FRAMES = 8;

  /** The classes through which a body comes to wait; their frames say nothing about it. */
  private static final Set<String> MACHINERY =
      Stream.of(
              LockstepCpu.class,
              LockstepExecution.class,
              LockstepMemory.class,
              LockstepPlatform.class,
              LockstepWords.class,
              Places.class,
              Scheduler.class)
          .map(Class::getName)
          .collect(Collectors.toUnmodifiableSet());

  private Places() {}

  /** Describes what happened to an execution whose CPUs have not all ended. */
  static String describe(String what, Scheduler scheduler) {
    StringBuilder text = new StringBuilder();
    text.append(what).append(" after ").append(scheduler.steps()).append(" steps, ");
    text.append(scheduler.schedule());
    for (int i = 0; i < scheduler.count(); i++) {
      LockstepCpu cpu = scheduler.cpu(i);
      Thread thread = cpu.thread();
      if (thread != null) {
        text.append("\n  CPU ").append(i).append(", ").append(thread.getName());
        Wait wait = cpu.waitsFor();
        text.append(wait == null ? ", is" : ", waits for " + wait);
        appendStack(text, thread.getStackTrace());
      }
    }
    return text.toString();
  }

  private static void appendStack(StringBuilder text, StackTraceElement[] stack) {
    int frames = 0;
    for (StackTraceElement frame : stack) {
      if (isOfBody(frame.getClassName()) && frames++ < MAX_FRAMES) {
        text.append("\n      at ").append(frame);
      }
    }
  }

  /** Who called the port: the innermost method outside this package. */
  static String caller() {
    return StackWalker.getInstance()
        .walk(
            frames ->
                frames
                    .filter(frame -> isOfBody(frame.getClassName()))
                    .map(frame -> simpleName(frame.getClassName()) + "." + frame.getMethodName())
                    .findFirst()
                    .orElse("nobody"));
  }

  private static String simpleName(String className) {
    return className.substring(className.lastIndexOf('.') + 1);
  }

  private static boolean isOfBody(String className) {
    return !className.startsWith("java.") && !MACHINERY.contains(className);
  }
}
