package dev.gnomon.machine.trace;

import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;

/** The bytes of a trace as they are stored, to be read any number of times. */
sealed interface StoredBytes {

  /** Reads them from the first. */
  InputStream open() throws IOException;

  /** How many there are. */
  long size() throws IOException;

  /** Gives up what was kept for this program only. */
  default void discard() {}

  /** A user's file. */
  record InFile(Path path) implements StoredBytes {
    @Override
    public InputStream open() throws IOException {
      return Files.newInputStream(path);
    }

    @Override
    public long size() throws IOException {
      return Files.size(path);
    }
  }

  /** A copy of what could be read only once. */
  record InTemporaryFile(Path path) implements StoredBytes {

    /** Copies the stream to its end. A program that ends without a discard deletes the copy too. */
    static InTemporaryFile copyOf(InputStream stream, Path directory) throws IOException {
      Path path = Files.createTempFile(directory, "gnomon-", ".trace");
      path.toFile().deleteOnExit();
      InTemporaryFile copy = new InTemporaryFile(path);
      try (var out = Files.newOutputStream(path)) {
        stream.transferTo(out);
      } catch (IOException e) {
        copy.discard();
        throw e;
      }
      return copy;
    }

    @Override
    public InputStream open() throws IOException {
      return Files.newInputStream(path);
    }

    @Override
    public long size() throws IOException {
      return Files.size(path);
    }

    @Override
    public void discard() {
      path.toFile().delete();
    }
  }

  /** A resource of the program: small, since it is kept as it is stored. */
  record InMemory(byte[] bytes) implements StoredBytes {
    @Override
    public InputStream open() {
      return new ByteArrayInputStream(bytes);
    }

    @Override
    public long size() {
      return bytes.length;
    }
  }
}
