package dev.gnomon.machine.trace;

import com.github.luben.zstd.ZstdOutputStream;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.zip.GZIPOutputStream;

/** Traces as bytes, in every form in which they may be stored. */
final class Texts {

  enum Form {
    PLAIN,
    GZIP,
    ZSTD;

    byte[] of(byte[] text) {
      ByteArrayOutputStream stored = new ByteArrayOutputStream();
      try (OutputStream out = compressor(stored)) {
        out.write(text);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
      return stored.toByteArray();
    }

    private OutputStream compressor(OutputStream stored) throws IOException {
      return switch (this) {
        case PLAIN -> stored;
        case GZIP -> new GZIPOutputStream(stored);
        case ZSTD -> new ZstdOutputStream(stored).setChecksum(true);
      };
    }
  }

  private Texts() {}

  static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  static byte[] concat(byte[] a, byte[] b) {
    ByteArrayOutputStream both = new ByteArrayOutputStream();
    both.writeBytes(a);
    both.writeBytes(b);
    return both.toByteArray();
  }

  static TraceReader reader(byte[] stored) {
    return reader(new ByteArrayInputStream(stored), LackeyReader.DEFAULT_BUFFER_SIZE);
  }

  static TraceReader reader(InputStream stored, int bufferSize) {
    return new LackeyReader("t.trace", TraceInput.open("t.trace", stored, -1), bufferSize);
  }

  static List<Access> read(String text) {
    return Access.readAll(reader(bytes(text)));
  }

  /** The bytes, handed out a few at a time, as a pipe does. */
  static InputStream trickle(byte[] bytes, long seed) {
    Random random = new Random(seed);
    return new ByteArrayInputStream(bytes) {
      @Override
      public int read(byte[] b, int offset, int length) {
        return super.read(b, offset, Math.min(length, 1 + random.nextInt(40)));
      }
    };
  }
}
