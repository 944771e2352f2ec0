package dev.gnomon.cli.event;

import dev.gnomon.machine.InputException;
import java.io.ByteArrayOutputStream;
import java.io.FileOutputStream;
import java.io.IOException;
import java.io.OutputStream;
import java.io.PrintWriter;
import java.nio.charset.StandardCharsets;

/** Where the text goes: a file, or a command's standard output. */
abstract class TraceSink implements AutoCloseable {

  /** Writes bytes, and has them out of this process. */
  abstract void write(byte[] bytes, int length) throws IOException;

  @Override
  public abstract void close() throws IOException;

  /**
   * A file, made anew.
   *
   * @throws InputException if it cannot be made
   */
  static TraceSink file(String option, String name) {
    OutputStream out;
    try {
      out = new FileOutputStream(name);
    } catch (IOException e) {
      throw new InputException(option + " " + name + ": cannot be written: " + e.getMessage(), e);
    }
    return new TraceSink() {
      @Override
      void write(byte[] bytes, int length) throws IOException {
        out.write(bytes, 0, length);
      }

      @Override
      public void close() throws IOException {
        out.close();
      }
    };
  }

  /** Memory. */
  static TraceSink memory(ByteArrayOutputStream into) {
    return new TraceSink() {
      @Override
      void write(byte[] bytes, int length) {
        into.write(bytes, 0, length);
      }

      @Override
      public void close() {
        // Read by whoever has the stream.
      }
    };
  }

  /** A command's output, which stays open. */
  static TraceSink output(PrintWriter out) {
    return new TraceSink() {
      @Override
      void write(byte[] bytes, int length) throws IOException {
        out.write(new String(bytes, 0, length, StandardCharsets.ISO_8859_1));
        if (out.checkError()) {
          throw new IOException("nobody reads it");
        }
      }

      @Override
      public void close() {
        out.flush();
      }
    };
  }
}
