package dev.gnomon.cli.vm;

import dev.gnomon.cli.usage.ByteSize;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VmConfig;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** Guest memory, what backs it, and how much of it stays. */
public final class MemoryOptions {
  /** Guest memory in bytes. */
  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "Guest memory: 512m, 4g, 1t (default: 1g). Costs nothing until touched.")
  public long bytes = 1L << 30;

  /** The largest page that backs it, as a level. */
  @Option(
      names = "--host-pages",
      paramLabel = "4k|2m|1g",
      converter = Choices.HostPages.class,
      description =
          "The largest page that backs guest memory, and that the MMU maps (default: 4k).")
  public int hostLevel = 1;

  /** How many percent of the touched pages stay, or null for all. */
  @Option(
      names = "--reclaim",
      paramLabel = "PERCENT",
      description =
          "Keep no more than so many percent of the touched pages in memory; the others go to a"
              + " swap file, and come back when they are touched.")
  public @Nullable Integer reclaimPercent;

  /** All at their defaults. */
  public MemoryOptions() {}

  /**
   * Checks that they are in range, and fit together.
   *
   * @throws InputException if not
   */
  public void check() {
    Integer percent = reclaimPercent;
    if (percent != null && (percent < 1 || percent > 100)) {
      throw new InputException("--reclaim " + percent + ": expected a percentage, 1 to 100");
    }
    if (bytes < VmConfig.MINIMUM_MEMORY || bytes % VmConfig.MINIMUM_MEMORY != 0) {
      throw new InputException(
          "--memory %s: expected a multiple of 2m".formatted(ByteSize.text(bytes)));
    }
    if (hostLevel == 3 && bytes < 1L << 30) {
      throw new InputException(
          "--host-pages 1g does not go with --memory %s: no page fits"
              .formatted(ByteSize.text(bytes)));
    }
  }
}
