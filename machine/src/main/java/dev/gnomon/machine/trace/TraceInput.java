package dev.gnomon.machine.trace;

import dev.gnomon.machine.InputException;
import java.io.Closeable;
import java.io.EOFException;
import java.io.FilterInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.PushbackInputStream;
import java.util.zip.GZIPInputStream;
import java.util.zip.ZipException;

/**
 * The text of a trace out of its bytes as stored: plain, gzip or zstd, told apart by their first
 * four bytes. Both compressed formats may be several streams one after the other.
 */
final class TraceInput implements Closeable {

  private static final int MAGIC_LENGTH = 4;
  private static final int GZIP_BUFFER_SIZE = 1 << 16;

  private enum Compression {
    NONE,
    GZIP,
    ZSTD;

    /** RFC 1952 section 2.3.1; RFC 8878 sections 3.1.1 and 3.1.2 (skippable frames). */
    static Compression of(byte[] start) {
      if (start.length >= 2 && start[0] == 0x1f && start[1] == (byte) 0x8b) {
        return GZIP;
      }
      if (start.length < MAGIC_LENGTH) {
        return NONE;
      }
      int magic =
          start[0] & 0xff
              | (start[1] & 0xff) << 8
              | (start[2] & 0xff) << 16
              | (start[3] & 0xff) << 24;
      boolean isZstd = magic == 0xfd2fb528 || (magic & 0xfffffff0) == 0x184d2a50;
      return isZstd ? ZSTD : NONE;
    }
  }

  private final CountingInputStream stored;
  private final long sizeInBytes;
  private final Compression compression;
  private final InputStream text;

  private TraceInput(CountingInputStream stored, long sizeInBytes) throws IOException {
    this.stored = stored;
    this.sizeInBytes = sizeInBytes;
    PushbackInputStream all = new PushbackInputStream(stored, MAGIC_LENGTH);
    byte[] start = all.readNBytes(MAGIC_LENGTH);
    all.unread(start);
    this.compression = Compression.of(start);
    this.text =
        switch (compression) {
          case NONE -> all;
          case GZIP -> new GZIPInputStream(all, GZIP_BUFFER_SIZE);
          case ZSTD -> ZstdText.open(all);
        };
  }

  /**
   * Takes over the bytes as stored.
   *
   * @param name the trace's name, for messages
   * @param stored closed if this fails, else when this input is closed
   * @param sizeInBytes how many bytes those are, or -1
   * @throws InputException if their beginning already shows that they cannot be read
   */
  static TraceInput open(String name, InputStream stored, long sizeInBytes) {
    try {
      return new TraceInput(new CountingInputStream(stored), sizeInBytes);
    } catch (IOException e) {
      closeQuietly(stored);
      throw new InputException(name + ": " + describe(e, false), e);
    } catch (LinkageError e) {
      closeQuietly(stored);
      throw new InputException(
          name + ": zstd cannot be read on this machine (" + oneLine(e) + "); decompress it first",
          e);
    }
  }

  InputStream text() {
    return text;
  }

  /** How many bytes as stored have been taken. */
  long bytesRead() {
    return stored.count;
  }

  long sizeInBytes() {
    return sizeInBytes;
  }

  /**
   * What to tell the user about a failure to read the text.
   *
   * @param line the last line that was read whole
   */
  String explain(String name, IOException e, long line) {
    return name + ": " + describe(e, stored.hasEnded) + " (after line " + line + ")";
  }

  private static String describe(IOException e, boolean hasEnded) {
    if (e instanceof EOFException) {
      return "the gzip file is cut off";
    }
    // The library has one error for both; but only of a file cut off it asks for more than is
    // there.
    if (ZstdText.isFailure(e) && hasEnded) {
      return "the zstd file is cut off";
    }
    if (e instanceof ZipException) {
      return "the gzip file is damaged: " + oneLine(e);
    }
    return ZstdText.isFailure(e) ? ZstdText.describe(e) : "cannot be read: " + oneLine(e);
  }

  /** The exception's own words without line breaks, or its type if it has none. */
  static String oneLine(Throwable e) {
    String message = e.getMessage();
    return message == null ? e.getClass().getSimpleName() : message.replaceAll("\\s+", " ");
  }

  @Override
  public void close() {
    closeQuietly(text);
  }

  /** Nothing was written, so there is nothing that a failure to close could lose. */
  private static void closeQuietly(InputStream stream) {
    try {
      stream.close();
    } catch (IOException e) {
      // As said.
    }
  }

  private static final class CountingInputStream extends FilterInputStream {

    private long count;
    private boolean hasEnded;

    CountingInputStream(InputStream in) {
      super(in);
    }

    @Override
    public int read() throws IOException {
      int b = in.read();
      count(b < 0 ? -1 : 1);
      return b;
    }

    @Override
    public int read(byte[] b, int offset, int length) throws IOException {
      int n = in.read(b, offset, length);
      count(n);
      return n;
    }

    private void count(int n) {
      count += Math.max(n, 0);
      hasEnded |= n < 0;
    }
  }
}
