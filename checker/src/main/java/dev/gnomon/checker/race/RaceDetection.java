package dev.gnomon.checker.race;

import org.jspecify.annotations.Nullable;

/**
 * Whether this process looks for races at all, and what the transformed classes and the detectors
 * must agree on.
 *
 * <p>This state is static: a process has one set of loaded classes, which the agent transforms once
 * for all.
 */
public final class RaceDetection {
  private static final Sites SITES = new Sites();

  private static volatile boolean isInstalled;

  private static volatile @Nullable RuntimeException failure;

  private RaceDetection() {}

  /**
   * Whether classes are transformed as they load: whether the JVM was started with the agent. If
   * not, no race is ever found, and who reports a verdict says so.
   *
   * @throws IllegalStateException if a class could not be transformed, so that races in it would go
   *     unseen; the message names it
   */
  public static boolean isAvailable() {
    RuntimeException reason = failure;
    if (reason != null) {
      throw new IllegalStateException(reason.getMessage(), reason);
    }
    return isInstalled;
  }

  static void install() {
    isInstalled = true;
  }

  /** For the transformer: gives a place in the code the number by which it reports. */
  public static int number(Site site) {
    return SITES.add(site);
  }

  static Site site(int number) {
    return SITES.get(number);
  }

  /**
   * For the transformer: says that a class stays as it is. The JVM ignores what a transformer
   * throws.
   */
  public static void fail(String className, Throwable cause) {
    failure =
        new IllegalStateException(
            "cannot look for races in " + className.replace('/', '.') + ": " + cause, cause);
  }
}
