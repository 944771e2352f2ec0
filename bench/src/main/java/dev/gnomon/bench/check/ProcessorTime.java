package dev.gnomon.bench.check;

import com.sun.management.OperatingSystemMXBean;
import java.lang.management.ManagementFactory;

/**
 * The processor time of this JVM, its compiler and its collector included: on a machine that does
 * other things too it says what one core would have needed.
 */
final class ProcessorTime {
  private static final OperatingSystemMXBean SYSTEM =
      ManagementFactory.getPlatformMXBean(OperatingSystemMXBean.class);

  private ProcessorTime() {}

  /** So far, in nanoseconds. */
  static long nanos() {
    return SYSTEM.getProcessCpuTime();
  }
}
