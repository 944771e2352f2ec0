package dev.gnomon.cli.kvm;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.recorder.InitialMemory;
import dev.gnomon.machine.recorder.RecordedRun;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;

/**
 * A flat guest, and how its machine is set up.
 *
 * @param run the machine
 * @param file where its program is
 */
record FlatGuest(RecordedRun run, Path file) {

  /** What it is called. */
  String name() {
    return run.name();
  }

  /** The file's name alone. */
  String fileName() {
    return String.valueOf(file.getFileName());
  }

  /**
   * Its bytes.
   *
   * @throws InputException if there are none, or too many
   */
  byte[] program() {
    byte[] program;
    try {
      program = Files.readAllBytes(file);
    } catch (NoSuchFileException e) {
      throw new InputException(file + ": no such file");
    } catch (IOException e) {
      throw new InputException("cannot read %s: %s".formatted(file, e.getMessage()));
    }
    if (program.length == 0 || program.length > InitialMemory.PROGRAM_BYTES) {
      throw new InputException(
          "%s has %d bytes; a flat guest has 1 to %d"
              .formatted(file, program.length, InitialMemory.PROGRAM_BYTES));
    }
    return program;
  }
}
