package dev.gnomon.machine.trace;

import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.AccessDeniedException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Objects;

/** A trace as it was recorded. */
final class RecordedTrace implements TraceSource {

  private static final String SAMPLE = "sample.lackey.zst";

  private final String name;
  private final StoredBytes stored;

  private RecordedTrace(String name, StoredBytes stored) {
    this.name = name;
    this.stored = stored;
  }

  static RecordedTrace ofFile(Path path) {
    String name = path.toString();
    if (Files.isDirectory(path)) {
      throw new InputException(name + ": this is a directory, not a trace");
    }
    RecordedTrace file = new RecordedTrace(name, new StoredBytes.InFile(path));
    try (InputStream content = file.openStored()) {
      return Files.isRegularFile(path) ? file : ofStream(name, content);
    } catch (IOException e) {
      throw file.unreadable(e);
    }
  }

  static RecordedTrace ofStream(String name, InputStream stream) {
    return ofStream(name, stream, Path.of(System.getProperty("java.io.tmpdir")));
  }

  /** As {@link TraceSource#stream}, with the copy in {@code directory}. */
  static RecordedTrace ofStream(String name, InputStream stream, Path directory) {
    try {
      return new RecordedTrace(name, StoredBytes.InTemporaryFile.copyOf(stream, directory));
    } catch (IOException e) {
      throw new InputException(
          name + ": cannot be copied to a file in " + directory + ": " + TraceInput.oneLine(e), e);
    }
  }

  static RecordedTrace ofSample() {
    try (InputStream sample =
        Objects.requireNonNull(RecordedTrace.class.getResourceAsStream(SAMPLE), SAMPLE)) {
      return new RecordedTrace(SAMPLE, new StoredBytes.InMemory(sample.readAllBytes()));
    } catch (IOException e) {
      throw new UncheckedIOException("this program's own " + SAMPLE, e);
    }
  }

  @Override
  public String name() {
    return name;
  }

  @Override
  public TraceReader open() {
    return openBuffered(LackeyReader.DEFAULT_BUFFER_SIZE);
  }

  /**
   * As {@link #open()}.
   *
   * @param bufferSize of the text, at least {@link LackeyReader#MIN_BUFFER_SIZE} bytes
   */
  TraceReader openBuffered(int bufferSize) {
    try {
      long size = stored.size();
      return new LackeyReader(name, TraceInput.open(name, openStored(), size), bufferSize);
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  @Override
  public TraceReader open(long skip) {
    return skip == 0 ? open() : RotatedReader.open(this, skip);
  }

  @Override
  public TraceTotals totals() {
    try (TraceReader reader = open()) {
      return TraceTotals.of(reader);
    }
  }

  @Override
  public void close() {
    stored.discard();
  }

  private InputStream openStored() {
    try {
      return stored.open();
    } catch (IOException e) {
      throw unreadable(e);
    }
  }

  private InputException unreadable(IOException e) {
    String reason =
        switch (e) {
          case NoSuchFileException _ -> "no such file";
          case AccessDeniedException _ -> "cannot be read: permission denied";
          default -> "cannot be read: " + TraceInput.oneLine(e);
        };
    return new InputException(name + ": " + reason, e);
  }
}
