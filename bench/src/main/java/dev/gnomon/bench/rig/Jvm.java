package dev.gnomon.bench.rig;

/**
 * Flags of the JVMs in which benchmarks run: those that {@code gnomon run} is started with, on the
 * class path.
 */
public final class Jvm {
  /** Memory is reserved by a native call. */
  public static final String NATIVE_ACCESS = "--enable-native-access=ALL-UNNAMED";

  /** JMH uses it still. */
  public static final String UNSAFE_ACCESS = "--sun-misc-unsafe-memory-access=allow";

  /** The collector of {@code gnomon run}. */
  public static final String COLLECTOR = "-XX:+UseSerialGC";

  private Jvm() {}
}
