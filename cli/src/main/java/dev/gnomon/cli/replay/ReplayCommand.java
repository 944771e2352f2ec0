package dev.gnomon.cli.replay;

import dev.gnomon.cli.event.MemoryLog;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.recorder.Recording;
import dev.gnomon.machine.recorder.Replay;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.stream.Stream;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Parameters;
import picocli.CommandLine.Spec;

/** {@code gnomon replay}: the same guests, the same events. */
@Command(
    name = "replay",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Runs the guests of recordings, and compares what happens event for event.",
      "A recording is what a Linux kernel did while a small guest ran: NAME.trace holds the events"
          + " of KVM's MMU in canonical form, NAME.out what the recorder printed. The guest runs"
          + " again here, on this MMU, under the rules of that kernel; its events must be the same,"
          + " in the same order, with the same values, and so must its registers and its memory.",
      "The directory's path names the host: linux-6.12/npt. A file replay.properties in it may say"
          + " otherwise (kernel, host-bits, mmu). The guests' binaries (guests/bin) and the list of"
          + " runs are taken from the nearest directory above that has both."
    },
    footer = {
      "",
      "Examples:",
      "  gnomon replay oracle/linux-6.12/npt",
      "  gnomon replay oracle/linux-6.12/npt --only mmio.long.0 --print trace",
      "",
      "Exit status: 0 all are equal, 1 some differ, 2 wrong usage or input."
    })
public final class ReplayCommand implements Callable<Integer> {

  /** What of a replay is printed. */
  enum Printed {
    TRACE,
    OUTPUT
  }

  @Parameters(
      arity = "1..*",
      paramLabel = "DIR",
      description = "Directories of recordings, or directories of such.")
  private List<Path> directories = List.of();

  @Option(names = "--only", paramLabel = "NAME", description = "This recording. May be repeated.")
  private List<String> names = new ArrayList<>();

  @Option(
      names = "--print",
      paramLabel = "trace|output",
      description =
          "Print what happened here, in the recordings' form, instead of comparing. With --only and"
              + " the directory of one host also for a run that was not recorded there.")
  private List<Printed> printed = new ArrayList<>();

  @Option(names = "--all-differences", description = "A diff for each that differs.")
  private boolean showsAll;

  @Spec private CommandSpec spec;

  private int equal;
  private int differing;

  @Override
  public Integer call() {
    List<Recording> recordings = new ArrayList<>();
    for (Path directory : directories) {
      if (printed.isEmpty() || names.isEmpty() || !isOfOneHost(directory)) {
        recordings.addAll(recordingsIn(directory));
      } else {
        names.forEach(name -> recordings.add(Recording.ofRun(directory, name)));
      }
    }
    if (!names.isEmpty()) {
      requireKnown(recordings);
      recordings.removeIf(recording -> !names.contains(recording.run().name()));
    }
    recordings.forEach(Replay::requireSupported);
    PrintWriter out = spec.commandLine().getOut();
    for (Recording recording : recordings) {
      Replay replay = Replay.of(recording, MemoryLog::open);
      if (printed.isEmpty()) {
        compare(out, recording, replay);
      } else {
        print(out, replay);
      }
      out.flush();
    }
    if (printed.isEmpty()) {
      out.println("%d of %d equal".formatted(equal, equal + differing));
    }
    return differing == 0 ? ExitStatus.OK : ExitStatus.VIOLATED;
  }

  private static List<Recording> recordingsIn(Path directory) {
    List<Recording> recordings = new ArrayList<>();
    for (Path inner : withRecordings(directory)) {
      recordings.addAll(Recording.readAll(inner));
    }
    return recordings;
  }

  /** Whether it is the directory of one host: with recordings, or still empty. */
  private static boolean isOfOneHost(Path directory) {
    return Files.isDirectory(directory) && (isEmpty(directory) || Recording.areIn(directory));
  }

  private static boolean isEmpty(Path directory) {
    try (Stream<Path> entries = Files.list(directory)) {
      return entries.findAny().isEmpty();
    } catch (IOException | UncheckedIOException e) {
      throw new InputException("cannot read " + directory + ": " + e.getMessage());
    }
  }

  private void requireKnown(List<Recording> recordings) {
    for (String name : names) {
      if (recordings.stream().noneMatch(recording -> recording.run().name().equals(name))) {
        throw new InputException("no recording " + name + " there");
      }
    }
  }

  /** The directory itself if it holds recordings, else all below that do. */
  private static List<Path> withRecordings(Path directory) {
    if (Recording.areIn(directory)) {
      return List.of(directory);
    }
    try (Stream<Path> below = Files.walk(directory)) {
      List<Path> found =
          below.filter(Files::isDirectory).filter(Recording::areIn).sorted().toList();
      if (found.isEmpty()) {
        throw new InputException("no recording (NAME.trace) in or below " + directory);
      }
      return found;
    } catch (IOException | UncheckedIOException e) {
      throw new InputException("cannot read " + directory + ": " + e.getMessage());
    }
  }

  private void print(PrintWriter out, Replay replay) {
    for (Printed what : printed) {
      (what == Printed.TRACE ? replay.trace() : replay.output()).forEach(out::println);
    }
  }

  private void compare(PrintWriter out, Recording recording, Replay replay) {
    String name = recording.host().label() + "/" + recording.run().name();
    List<String> diff = new ArrayList<>();
    diff.addAll(
        Difference.between(
            name + ".trace", recording.trace(), "replay of " + name + ".trace", replay.trace()));
    diff.addAll(
        Difference.between(
            name + ".out", recording.output(), "replay of " + name + ".out", replay.output()));
    if (diff.isEmpty()) {
      equal++;
      out.println("equal    %s (%d events)".formatted(name, replay.events()));
      return;
    }
    differing++;
    out.println("differs  " + name);
    if (showsAll || differing == 1) {
      diff.forEach(out::println);
    }
  }
}
