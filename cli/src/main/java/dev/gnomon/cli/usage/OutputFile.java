package dev.gnomon.cli.usage;

import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.AccessDeniedException;
import java.nio.file.AtomicMoveNotSupportedException;
import java.nio.file.FileSystemException;
import java.nio.file.Files;
import java.nio.file.InvalidPathException;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;

/** A file that is there whole or not at all: written beside its place, then moved there. */
public final class OutputFile {
  private final String option;
  private final Path path;

  /**
   * Names the file.
   *
   * @param option the option that it is given by, for messages: {@code --json}
   * @throws InputException if no file can be made there
   */
  public OutputFile(String option, String name) {
    this.option = option;
    String given = option + " " + name;
    try {
      path = Path.of(name).toAbsolutePath();
    } catch (InvalidPathException e) {
      throw new InputException(given + ": not a file name here: " + e.getReason(), e);
    }
    Path directory = path.getParent();
    if (Files.isDirectory(path)) {
      throw new InputException(given + ": this is a directory");
    }
    if (directory == null || !Files.isDirectory(directory)) {
      throw new InputException(given + ": there is no such directory");
    }
    if (!Files.isWritable(directory)) {
      throw new InputException(given + ": its directory cannot be written to");
    }
  }

  /**
   * Writes it.
   *
   * @throws InputException if that fails; nothing is left behind then
   */
  public void write(String text) {
    Path beside =
        path.resolveSibling("." + path.getFileName() + "." + ProcessHandle.current().pid());
    try {
      try {
        Files.writeString(beside, text, StandardCharsets.UTF_8);
        move(beside);
      } finally {
        Files.deleteIfExists(beside);
      }
    } catch (IOException e) {
      throw new InputException(option + " " + path + ": cannot be written: " + reason(e), e);
    }
  }

  private void move(Path beside) throws IOException {
    try {
      Files.move(beside, path, StandardCopyOption.ATOMIC_MOVE);
    } catch (AtomicMoveNotSupportedException e) {
      Files.move(beside, path, StandardCopyOption.REPLACE_EXISTING);
    }
  }

  private static String reason(IOException e) {
    return switch (e) {
      case AccessDeniedException _ -> "permission denied";
      case NoSuchFileException _ -> "no such directory";
      case FileSystemException f when f.getReason() != null -> f.getReason();
      default -> String.valueOf(e.getMessage());
    };
  }
}
