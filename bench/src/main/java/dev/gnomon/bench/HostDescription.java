package dev.gnomon.bench;

import java.io.IOException;
import java.lang.management.ManagementFactory;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.stream.Stream;

/**
 * Where it was measured.
 *
 * @param processor its model
 * @param cores how many the JVM may use
 * @param system the operating system
 * @param jdk the JVM
 * @param load how many threads wanted to run in the last minute, before it began; negative if
 *     unknown
 */
record HostDescription(String processor, int cores, String system, String jdk, double load) {
  private static final Path CPU_INFO = Path.of("/proc/cpuinfo");

  static HostDescription now() {
    return new HostDescription(
        model(),
        Runtime.getRuntime().availableProcessors(),
        System.getProperty("os.name") + " " + System.getProperty("os.version"),
        System.getProperty("java.vm.name") + " " + System.getProperty("java.vm.version"),
        ManagementFactory.getOperatingSystemMXBean().getSystemLoadAverage());
  }

  /** As Linux says it; elsewhere only the architecture is known. */
  private static String model() {
    String architecture = System.getProperty("os.arch");
    if (!Files.isReadable(CPU_INFO)) {
      return architecture;
    }
    try (Stream<String> lines = Files.lines(CPU_INFO)) {
      return lines
          .filter(line -> line.startsWith("model name"))
          .map(line -> line.substring(line.indexOf(':') + 1).strip())
          .findFirst()
          .orElse(architecture);
    } catch (IOException e) {
      return architecture;
    }
  }

  String text() {
    return String.format(
        Locale.ROOT,
        "%s, %d cores, %s%n%s%nload before: %.2f",
        processor,
        cores,
        system,
        jdk,
        load);
  }
}
