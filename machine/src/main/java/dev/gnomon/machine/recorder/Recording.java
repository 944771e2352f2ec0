package dev.gnomon.machine.recorder;

import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/**
 * A recording: what a kernel did while it ran a guest.
 *
 * @param run the guest, and how the machine was set up
 * @param host where it ran
 * @param program the guest's bytes
 * @param trace its events, in canonical form
 * @param output what the recorder printed
 */
public record Recording(
    RecordedRun run, RecordedHost host, byte[] program, List<String> trace, List<String> output) {
  private static final String TRACE_SUFFIX = ".trace";
  private static final String OUTPUT_SUFFIX = ".out";

  public Recording {
    trace = trace.stream().map(TraceNormaliser::comparable).toList();
    output = List.copyOf(output);
  }

  /**
   * Reads all recordings of a directory, in the order of their names. The list of runs and the
   * guests' binaries are in the nearest directory above that has {@code runs} and {@code
   * guests/bin}.
   *
   * @throws InputException if there are none, or something that belongs to one is missing
   */
  public static List<Recording> readAll(Path directory) {
    List<Path> traces = traces(directory);
    Path collection = collection(directory);
    RunList runs = RunList.read(collection.resolve("runs"));
    RecordedHost host = RecordedHost.of(directory);
    List<Recording> recordings = new ArrayList<>();
    for (Path trace : traces) {
      recordings.add(read(trace, collection, runs, host));
    }
    return recordings;
  }

  /**
   * A run of the list, on the host of a directory, whether it was recorded there or not: if not,
   * trace and output are empty.
   *
   * @throws InputException if there is no such run, or no program for it
   */
  public static Recording ofRun(Path directory, String name) {
    Path collection = collection(directory);
    Path trace = directory.resolve(name + TRACE_SUFFIX);
    RunList runs = RunList.read(collection.resolve("runs"));
    return read(trace, collection, runs, RecordedHost.of(directory));
  }

  /** Whether a directory holds recordings. */
  public static boolean areIn(Path directory) {
    return !traces(directory).isEmpty();
  }

  private static List<Path> traces(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new InputException("no directory of recordings: " + directory);
    }
    try (Stream<Path> files = Files.list(directory)) {
      return files.filter(file -> file.toString().endsWith(TRACE_SUFFIX)).sorted().toList();
    } catch (IOException | UncheckedIOException e) {
      throw new InputException("cannot read " + directory + ": " + e.getMessage());
    }
  }

  private static Path collection(Path directory) {
    Path at = directory.toAbsolutePath().normalize();
    while (at != null) {
      if (Files.isRegularFile(at.resolve("runs")) && Files.isDirectory(at.resolve("guests/bin"))) {
        return at;
      }
      at = at.getParent();
    }
    throw new InputException(
        "neither %s nor a directory above it has both runs and guests/bin".formatted(directory));
  }

  private static Recording read(Path trace, Path collection, RunList runs, RecordedHost host) {
    String file = trace.getFileName().toString();
    String name = file.substring(0, file.length() - TRACE_SUFFIX.length());
    RecordedRun run = runs.find(name);
    if (run == null) {
      throw new InputException(
          "%s is not in the list of runs %s".formatted(name, collection.resolve("runs")));
    }
    boolean isRecorded = Files.exists(trace);
    try {
      byte[] program = Files.readAllBytes(collection.resolve("guests/bin").resolve(run.binary()));
      return new Recording(
          run,
          host,
          requireSize(run, program),
          isRecorded ? Files.readAllLines(trace) : List.of(),
          isRecorded ? Files.readAllLines(trace.resolveSibling(name + OUTPUT_SUFFIX)) : List.of());
    } catch (IOException e) {
      throw new InputException("cannot read recording " + name + ": " + e);
    }
  }

  private static byte[] requireSize(RecordedRun run, byte[] program) {
    if (program.length == 0 || program.length > InitialMemory.PROGRAM_BYTES) {
      throw new InputException(
          "%s has %d bytes; a guest has 1 to %d"
              .formatted(run.binary(), program.length, InitialMemory.PROGRAM_BYTES));
    }
    return program;
  }
}
