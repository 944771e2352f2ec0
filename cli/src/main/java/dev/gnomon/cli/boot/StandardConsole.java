package dev.gnomon.cli.boot;

import dev.gnomon.machine.device.Console;
import java.io.IOException;
import java.io.InputStream;
import java.io.PrintWriter;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * The serial line's other end: what the guest sends is printed, as UTF-8, at the latest when a line
 * ends or {@link #flush} is called; standard input is read when the guest looks whether there is
 * any, and never waited for.
 */
final class StandardConsole implements Console {
  private static final int MOST_BYTES_OF_A_CHARACTER = 4;

  private final PrintWriter out;
  private final InputStream in;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);
  private final ByteBuffer undecoded = ByteBuffer.allocate(MOST_BYTES_OF_A_CHARACTER);
  private final CharBuffer decoded = CharBuffer.allocate(MOST_BYTES_OF_A_CHARACTER);

  /** Between a guest and streams. */
  StandardConsole(PrintWriter out, InputStream in) {
    this.out = out;
    this.in = in;
  }

  @Override
  public void write(int value) {
    undecoded.put((byte) value).flip();
    decoder.decode(undecoded, decoded, false);
    undecoded.compact();
    decoded.flip();
    out.append(decoded);
    decoded.clear();
    if (value == '\n') {
      out.flush();
    }
  }

  /** Has what was written seen. */
  void flush() {
    out.flush();
  }

  /** Any thread may ask. */
  @Override
  public boolean hasInput() {
    try {
      return in.available() > 0;
    } catch (IOException e) {
      // As at its end: nothing comes any more.
      return false;
    }
  }

  @Override
  public int read() {
    try {
      return in.available() > 0 ? in.read() : -1;
    } catch (IOException e) {
      return -1;
    }
  }
}
