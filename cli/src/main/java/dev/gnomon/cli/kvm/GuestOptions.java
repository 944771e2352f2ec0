package dev.gnomon.cli.kvm;

import dev.gnomon.cli.usage.ByteSize;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.recorder.GuestMode;
import dev.gnomon.machine.recorder.RecordedRun;
import dev.gnomon.machine.recorder.RunList;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;

/** Which flat guests are run, and on which machine. */
final class GuestOptions {
  private static final long PAGE = 4096;
  private static final long SMALLEST_MEMORY = 2L << 20;
  private static final long LARGEST_MEMORY = 1L << 30;
  private static final int MOST_SLOTS = 15;
  private static final int SMALLEST_RING = 1024;
  private static final int LARGEST_RING = 65536;
  private static final int MOST_FLAGS = 3;
  private static final int MOST_SECONDS = 3600;

  @Parameters(
      arity = "0..1",
      paramLabel = "GUEST",
      description = "A flat program; it lies at 0x10000 of the guest's memory, and begins there.")
  @Nullable Path guest;

  @Option(
      names = "--mode",
      paramLabel = "MODE",
      description =
          "The processor's mode at the start: real, flat32 (protected, no paging), p32, pae, long,"
              + " long5 (default: what the file's name ends with, as in write.long0; else long).")
  @Nullable String mode;

  @Option(
      names = "--cpl",
      paramLabel = "0|3",
      description = "The privilege level at the start (default: from the file's name; else 0).")
  @Nullable Integer cpl;

  @Option(
      names = "--memory",
      paramLabel = "SIZE",
      converter = ByteSize.class,
      description = "Size of slot 0, which begins at 0 (default: 2m).")
  @Nullable Long memory;

  @Option(
      names = "--vcpus",
      paramLabel = "N",
      description = "1 to 4; they run in turn (default: 1).")
  @Nullable Integer vcpus;

  @Option(names = "--dirty-log", description = "Slot 0 is dirty-logged from the start.")
  boolean isLogged;

  @Option(
      names = "--ring",
      paramLabel = "N",
      description = "Dirty rings of N entries instead of bitmaps: a power of two, 1024 to 65536.")
  @Nullable Integer ring;

  @Option(
      names = "--slot",
      paramLabel = "GPA,SIZE[,FLAGS]",
      description = "One more slot, of its own memory (0x800000,0x10000). May be repeated.")
  List<String> slots = new ArrayList<>();

  @Option(
      names = "--guest-large-pages",
      description = "The guest's tables map all but the first 2 MiB with large pages.")
  boolean hasGuestLargePages;

  @Option(
      names = "--host-large-pages",
      description = "The host may back the guest with 2 MiB pages.")
  boolean hasHostLargePages;

  @Option(
      names = "--runs",
      paramLabel = "FILE",
      description = {
        "Runs from a list instead: a line each of name, mode, CPL, guest, and the recorder's"
            + " options; the programs are in guests/bin beside the list."
      })
  @Nullable Path runs;

  @Option(
      names = "--run",
      paramLabel = "NAME",
      description = "This run of the list (default: all whose program is there). May be repeated.")
  List<String> names = new ArrayList<>();

  @Option(
      names = "--timeout",
      paramLabel = "SECONDS",
      description = "A guest that runs longer is stopped (default: ${DEFAULT-VALUE}).")
  int timeoutSeconds = 10;

  /**
   * The guests that were asked for.
   *
   * @throws InputException if the options do not fit together
   */
  List<FlatGuest> guests() {
    if (timeoutSeconds < 1 || timeoutSeconds > MOST_SECONDS) {
      throw new InputException(
          "--timeout %d: expected 1 to %d".formatted(timeoutSeconds, MOST_SECONDS));
    }
    Path list = runs;
    Path file = guest;
    if (list == null) {
      if (file == null) {
        throw new InputException("a guest is missing: a file, or --runs with a list of runs");
      }
      if (!names.isEmpty()) {
        throw new InputException("--run is for a list, and --runs is not given");
      }
      return List.of(new FlatGuest(run(file), file));
    }
    if (file != null || hasMachineOptions()) {
      throw new InputException(
          "--runs does not go with a file or options of its machine: the list says all of it");
    }
    return listed(list);
  }

  private boolean hasMachineOptions() {
    boolean hasValue = mode != null || cpl != null || memory != null || vcpus != null;
    boolean hasFlag = isLogged || hasGuestLargePages || hasHostLargePages;
    return hasValue || hasFlag || ring != null || !slots.isEmpty();
  }

  private List<FlatGuest> listed(Path file) {
    RunList list = RunList.read(file);
    Path programs = file.toAbsolutePath().resolveSibling("guests/bin");
    List<FlatGuest> guests = new ArrayList<>();
    for (String name : names) {
      RecordedRun run = list.find(name);
      if (run == null) {
        throw new InputException("%s: no run %s".formatted(file, name));
      }
      guests.add(new FlatGuest(run, programs.resolve(run.binary())));
    }
    if (names.isEmpty()) {
      list.all().stream()
          .map(run -> new FlatGuest(run, programs.resolve(run.binary())))
          .filter(guest -> Files.exists(guest.file()))
          .forEach(guests::add);
    }
    if (guests.isEmpty()) {
      throw new InputException("%s: no run's program is in %s".formatted(file, programs));
    }
    return guests;
  }

  private RecordedRun run(Path file) {
    String name = String.valueOf(file.getFileName());
    GuestName parts = GuestName.of(name);
    GuestMode wantedMode = mode == null ? parts.mode() : GuestMode.of(mode);
    if (wantedMode == null) {
      throw new InputException(
          "--mode %s: expected real, flat32, p32, pae, long or long5".formatted(mode));
    }
    int level = cpl == null ? (wantedMode == parts.mode() ? parts.cpl() : 0) : cpl;
    if (level != 0 && level != 3) {
      throw new InputException("--cpl %d: expected 0 or 3".formatted(level));
    }
    return new RecordedRun(
        name,
        wantedMode,
        level,
        parts.guest(),
        memoryBytes(),
        slots.stream().map(this::slot).toList(),
        isLogged,
        hasGuestLargePages,
        hasHostLargePages,
        ringEntries(),
        inRange("--vcpus", vcpus == null ? 1 : vcpus, 1, RecordedRun.MOST_VCPUS));
  }

  private long memoryBytes() {
    long bytes = memory == null ? RecordedRun.DEFAULT_MEMORY : memory;
    if (bytes < SMALLEST_MEMORY || bytes > LARGEST_MEMORY || bytes % PAGE != 0) {
      throw new InputException(
          "--memory %s: expected a multiple of 4k, 2m to 1g".formatted(ByteSize.text(bytes)));
    }
    return bytes;
  }

  private int ringEntries() {
    if (ring == null) {
      return 0;
    }
    int entries = inRange("--ring", ring, SMALLEST_RING, LARGEST_RING);
    if (Integer.bitCount(entries) != 1) {
      throw new InputException("--ring %d: expected a power of two".formatted(entries));
    }
    return entries;
  }

  private RecordedRun.Slot slot(String text) {
    String[] parts = text.split(",");
    if (slots.size() > MOST_SLOTS) {
      throw new InputException("--slot: there can be %d".formatted(MOST_SLOTS));
    }
    try {
      if (parts.length == 2 || parts.length == 3) {
        long gpa = Long.decode(parts[0]);
        long bytes = Long.decode(parts[1]);
        long flags = parts.length == 3 ? Long.decode(parts[2]) : 0;
        boolean isWhole = gpa % PAGE == 0 && bytes % PAGE == 0;
        boolean isSized = gpa >= 0 && gpa < 1L << 46 && bytes > 0 && bytes <= LARGEST_MEMORY;
        if (isWhole && isSized && flags >= 0 && flags <= MOST_FLAGS) {
          return new RecordedRun.Slot(gpa, bytes, flags);
        }
      }
    } catch (NumberFormatException e) {
      // Explained below.
    }
    throw new InputException(
        "--slot %s: expected GPA,SIZE in bytes, whole pages (0x800000,0x10000), and perhaps flags,"
                .formatted(text)
            + " 1 dirty-logged, 2 read-only");
  }

  private static int inRange(String option, int value, int least, int most) {
    if (value < least || value > most) {
      throw new InputException("%s %d: expected %d to %d".formatted(option, value, least, most));
    }
    return value;
  }
}
