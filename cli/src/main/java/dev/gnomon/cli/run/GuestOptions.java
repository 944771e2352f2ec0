package dev.gnomon.cli.run;

import dev.gnomon.cli.usage.ByteSize;
import dev.gnomon.cli.usage.Choice;
import dev.gnomon.cli.vm.Choices;
import dev.gnomon.cli.vm.ProcessorOptions;
import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.GuestConfig;
import dev.gnomon.machine.guest.GuestFeature;
import dev.gnomon.machine.guest.Nesting;
import dev.gnomon.mmu.config.TdpKind;
import java.util.EnumSet;
import java.util.Locale;
import java.util.Set;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** The options of {@code run} that describe the guest's operating system. */
final class GuestOptions {
  private static final int PAE_LEVELS = 3;
  private static final int DEFAULT_LEVELS = 4;
  private static final long MOST_MEMORY_32 = 1792L << 20;

  @Option(
      names = "--guest-pages",
      paramLabel = "4k|2m",
      converter = Choices.GuestPages.class,
      description = "The largest page that the guest maps for its processes (default: 4k).")
  int largestLevel = 1;

  @Option(
      names = "--guest-paging",
      paramLabel = "none|32|pae|4level|5level",
      converter = Choices.GuestPaging.class,
      description =
          "How the guest pages (default: as --levels says; on a 32-bit host pae). With 32 and"
              + " pae the traces' addresses are folded into 2 GiB: their lower 31 bits count. With"
              + " none each process has a part of physical memory, into which they are folded.")
  @Nullable Integer paging;

  @Option(
      names = "--processes",
      paramLabel = "N",
      description =
          "Processes, each with page tables of its own; they play the traces in turn (default:"
              + " enough for every trace and every vCPU).")
  @Nullable Integer processes;

  @Option(
      names = "--threads",
      paramLabel = "N",
      description =
          "Threads of each process: they share its page tables, and each plays its trace in a"
              + " part of its memory (default: 1).")
  int threads = 1;

  @Option(
      names = "--guest-does",
      paramLabel = "WORD",
      split = ",",
      converter = Choices.GuestDoes.class,
      description = {
        "What the guest does besides playing traces, by its seed, about once in a time slice; words"
            + " with commas between (default: none; with --processes or --threads all):",
        "  fork       a process forks; parent and child share pages until one writes",
        "  munmap     gives back pages with INVLPG, or a whole table",
        "  mprotect   makes pages read-only until it writes them",
        "  move       the kernel moves pages, also those that processes share",
        "  recursive  the kernel reaches tables through an entry that points at their top",
        "  all, none"
      })
  @Nullable Set<Choices.GuestDoing> does;

  @Option(
      names = "--nested",
      paramLabel = "npt|ept",
      converter = Choices.NestedFormat.class,
      description =
          "A hypervisor in the guest (L1), which pages as --guest-paging says, runs the operating"
              + " system as its guest (L2) on nested tables that it changes meanwhile: npt in the"
              + " format of its own paging (needs --cpu amd), ept (needs --cpu intel).")
  Nesting.@Nullable Format nested;

  @Option(
      names = "--nested-ad",
      paramLabel = "on|off",
      converter = Choice.OnOff.class,
      description = "With --nested ept: accessed and dirty bits in L1's EPT (default: on).")
  Choice.@Nullable Feature nestedAccessedDirty;

  @Option(
      names = "--nested-execute-only",
      description = "With --nested ept: L1 maps what is only fetched without R.")
  boolean isNestedExecuteOnly;

  /**
   * Checks what does not depend on the machine.
   *
   * @throws InputException if a number is out of range
   */
  void check(int traces) {
    Integer count = processes;
    require(
        threads >= 1 && threads <= GuestConfig.MOST_THREADS,
        "--threads %d: expected 1 to %d".formatted(threads, GuestConfig.MOST_THREADS));
    require(
        count == null || (count >= 1 && count * (long) threads <= GuestConfig.MOST_PLAYERS),
        "--processes %d with --threads %d: expected 1 to %d in all"
            .formatted(count, threads, GuestConfig.MOST_PLAYERS));
    require(
        count == null || count >= traces,
        "--processes %d: there are %d traces, and each needs one".formatted(count, traces));
  }

  /**
   * The levels of the guest's page tables, 0 for none.
   *
   * @throws InputException if that does not go with the machine
   */
  int levels(ProcessorOptions processor, long memoryBytes) {
    Integer given = paging;
    Integer levels = processor.levels();
    int guest = given == null ? defaultLevels(processor) : given;
    boolean isLong = guest > PAE_LEVELS;
    require(
        !(processor.isHost32() && isLong),
        "--host-bits 32 does not go with --guest-paging %s: that host has no long mode"
            .formatted(label(guest)));
    require(
        isLong || guest == 0 || memoryBytes <= MOST_MEMORY_32,
        "--guest-paging %s does not go with --memory %s: that guest's kernel maps at most %s"
            .formatted(label(guest), ByteSize.text(memoryBytes), ByteSize.text(MOST_MEMORY_32)));
    require(
        guest != 0 || memoryBytes <= GuestMemoryMap.HOLE,
        "--guest-paging none does not go with --memory %s: without paging 32 bits of address reach"
                .formatted(ByteSize.text(memoryBytes))
            + " 3g of it");
    require(
        !processor.isShadow() || levels == null || guest <= levels,
        "--mmu shadow --guest-paging 5level does not go with --levels 4: the tables that shadow"
            + " five levels have five");
    checkUnpaged(guest);
    checkNested(processor, guest);
    return guest;
  }

  private void checkUnpaged(int levels) {
    require(
        levels != 0 || largestLevel == 1,
        "--guest-paging none does not go with --guest-pages 2m: there are no pages");
    require(
        levels != 0 || threads == 1,
        "--guest-paging none does not go with --threads: all share one address space");
    require(
        levels != 0 || does == null || features(levels).isEmpty(),
        "--guest-paging none does not go with --guest-does: there are no tables to do it with");
  }

  private void checkNested(ProcessorOptions processor, int levels) {
    boolean isEpt = nested == Nesting.Format.EPT;
    require(
        isEpt || (nestedAccessedDirty == null && !isNestedExecuteOnly),
        "--nested-ad and --nested-execute-only are for --nested ept, which is not given");
    if (nested == null) {
      return;
    }
    require(
        !processor.isShadow(),
        "--nested does not go with --mmu shadow: L1 is offered no two-dimensional paging there");
    require(
        processor.cpu == (isEpt ? TdpKind.EPT : TdpKind.NPT),
        "--nested %s needs --cpu %s".formatted(isEpt ? "ept" : "npt", isEpt ? "intel" : "amd"));
    require(levels != 0, "--nested does not go with --guest-paging none: a hypervisor pages");
  }

  private static int defaultLevels(ProcessorOptions processor) {
    Integer levels = processor.levels();
    return processor.isHost32() ? PAE_LEVELS : levels == null ? DEFAULT_LEVELS : levels;
  }

  /** How the guest plays its traces. */
  GuestConfig config(int levels, boolean isVerified, long seed) {
    return new GuestConfig(largestLevel > 1, isVerified, seed, GuestConfig.DEFAULT_SLICE)
        .with(processes == null ? 0 : processes, threads, features(levels))
        .with(nesting());
  }

  private @Nullable Nesting nesting() {
    return nested == null
        ? null
        : new Nesting(nested, nestedAccessedDirty != Choice.Feature.OFF, isNestedExecuteOnly);
  }

  private Set<GuestFeature> features(int levels) {
    Set<Choices.GuestDoing> given = does;
    if (given == null) {
      boolean isAsked = levels != 0 && (processes != null || threads > 1);
      return isAsked ? EnumSet.allOf(GuestFeature.class) : Set.of();
    }
    Set<GuestFeature> features = EnumSet.noneOf(GuestFeature.class);
    given.forEach(doing -> features.addAll(doing.features()));
    return features;
  }

  /** The word for how a guest with so many levels pages. */
  static String label(int levels) {
    return switch (levels) {
      case 0 -> "none";
      case 2 -> "32";
      case PAE_LEVELS -> "pae";
      default -> levels + "level";
    };
  }

  /** The word for something that the guest does. */
  static String label(GuestFeature feature) {
    return feature.name().toLowerCase(Locale.ROOT);
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new InputException(message);
    }
  }
}
