package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.nio.ByteBuffer;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.zip.CRC32C;
import org.jspecify.annotations.Nullable;

/**
 * A connection of two processes that speak the migration protocol. Each begins with a greeting;
 * then come frames:
 *
 * <pre>
 *  greeting: 8 bytes "GNOMONMG" | 4 version | 4 flags
 *  frame:    1 byte type | 4 length of the payload | 4 CRC32C of type, length and payload | payload
 * </pre>
 *
 * <p>A length is checked before anything is allocated, so garbage is recognised as such and costs
 * nothing. Any thread may send; one at a time receives.
 */
final class Connection implements AutoCloseable {
  /** Of the protocol. It changes with whatever is sent. */
  static final int VERSION = 3;

  private static final long MAGIC = 0x474e_4f4d_4f4e_4d47L;
  private static final int GREETING_BYTES = 16;
  private static final int HEADER_BYTES = 9;
  private static final int CHECKED_BYTES = 5;
  private static final long LAST_WORDS_MILLIS = 1000;
  private static final FrameType[] TYPES = FrameType.values();

  private final TimedChannel channel;
  private final String peer;
  private final Duration timeout;
  private long lastSentNanos = System.nanoTime();

  /**
   * Takes a connected channel over.
   *
   * @param peer what messages call the other side
   * @param timeout how long it may be silent when something is expected of it
   */
  Connection(SocketChannel channel, String peer, Duration timeout) {
    this.peer = peer;
    this.timeout = timeout;
    try {
      this.channel = new TimedChannel(channel, timeout.toMillis());
    } catch (IOException e) {
      throw gone(e);
    }
  }

  String peer() {
    return peer;
  }

  Duration timeout() {
    return timeout;
  }

  /**
   * Greets the peer and reads its greeting.
   *
   * @return the peer's flags
   * @throws InputException if it speaks another protocol or another version
   */
  int greet(int flags) {
    return greet(VERSION, flags);
  }

  /** As {@link #greet(int)}, as if of another version. */
  int greet(int version, int flags) {
    ByteBuffer greeting = ByteBuffer.allocate(GREETING_BYTES);
    greeting.putLong(MAGIC).putInt(version).putInt(flags).flip();
    try {
      channel.write(greeting, ByteBuffer.allocate(0));
      channel.read(greeting.clear());
    } catch (IOException e) {
      throw gone(e);
    }
    greeting.flip();
    if (greeting.getLong() != MAGIC) {
      throw new InputException(peer + ": does not speak the migration protocol of gnomon");
    }
    int theirs = greeting.getInt();
    if (theirs != version) {
      throw new InputException(
          "%s: speaks version %d of the migration protocol, this is version %d"
              .formatted(peer, theirs, version));
    }
    return greeting.getInt();
  }

  /** Sends a frame without a payload. */
  void send(FrameType type) {
    send(type, new byte[0], 0);
  }

  void send(FrameType type, PayloadWriter payload) {
    send(type, payload.array(), payload.size());
  }

  private synchronized void send(FrameType type, byte[] payload, int length) {
    if (length > Frame.LARGEST) {
      throw new InputException(
          "the guest is too large to be sent: a frame of " + length + " bytes");
    }
    ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
    header.put((byte) type.ordinal()).putInt(length);
    header.putInt(checksum(header.array(), payload, length)).flip();
    try {
      channel.write(header, ByteBuffer.wrap(payload, 0, length));
    } catch (IOException e) {
      throw gone(e);
    }
    lastSentNanos = System.nanoTime();
  }

  /** Sends a sign of life if there was none for a while. */
  void keepAlive() {
    if (System.nanoTime() - lastSentNanos > timeout.toNanos() / 10) {
      send(FrameType.ALIVE);
    }
  }

  /** Tells the peer, if it still listens, why the connection is about to be closed. */
  void sendError(String line) {
    try {
      send(FrameType.ERROR, new PayloadWriter().put(line));
      finish();
    } catch (InputException e) {
      // The peer is gone; what is thrown already says more.
    }
  }

  /** Lets the peer read the last that was sent, before this side closes. */
  void finish() {
    try {
      channel.finish(LAST_WORDS_MILLIS);
    } catch (IOException e) {
      // It has closed first.
    }
  }

  /**
   * The next frame that is not a sign of life.
   *
   * @throws InputException if the peer is gone, sends garbage, or says that something is wrong
   */
  Frame receive() {
    long lastHeardNanos = System.nanoTime();
    while (true) {
      Frame frame = poll(timeout.toMillis());
      if (frame != null && frame.type() != FrameType.ALIVE) {
        return frame;
      }
      if (frame == null && System.nanoTime() - lastHeardNanos >= timeout.toNanos()) {
        throw silent();
      }
      lastHeardNanos = System.nanoTime();
    }
  }

  /**
   * The next frame, if it begins within so many milliseconds; else null.
   *
   * @throws InputException as {@link #receive} does
   */
  @Nullable Frame poll(long millis) {
    try {
      if (!channel.awaitReadable(millis)) {
        return null;
      }
      ByteBuffer header = ByteBuffer.allocate(HEADER_BYTES);
      channel.read(header);
      Frame frame = readFrame(header.flip());
      if (frame.type() == FrameType.ERROR) {
        throw new InputException(peer + ": " + frame.reader().getText());
      }
      return frame;
    } catch (IOException e) {
      throw gone(e);
    }
  }

  private Frame readFrame(ByteBuffer header) throws IOException {
    int type = header.get();
    int length = header.getInt();
    if (type < 0 || type >= TYPES.length || length < 0 || length > Frame.LARGEST) {
      throw new InputException(
          "%s: sent garbage: a frame of type %d with %d bytes".formatted(peer, type, length));
    }
    byte[] payload = new byte[length];
    channel.read(ByteBuffer.wrap(payload));
    if (checksum(header.array(), payload, length) != header.getInt()) {
      throw new InputException(
          "%s: sent a frame whose checksum is wrong: %s".formatted(peer, TYPES[type]));
    }
    return new Frame(TYPES[type], payload);
  }

  private static int checksum(byte[] header, byte[] payload, int length) {
    CRC32C crc = new CRC32C();
    crc.update(header, 0, CHECKED_BYTES);
    crc.update(payload, 0, length);
    return (int) crc.getValue();
  }

  /** That the peer says nothing. */
  PeerGoneException silent() {
    return new PeerGoneException(
        "%s: does not answer: nothing for %s s".formatted(peer, timeout.toMillis() / 1000.0));
  }

  /** That a frame is not what must come now. */
  InputException unexpected(Frame frame) {
    return new InputException(peer + ": sent a frame out of order: " + frame.type());
  }

  private PeerGoneException gone(IOException e) {
    return switch (e) {
      case EOFException _ -> new PeerGoneException(peer + ": closed the connection");
      case SocketTimeoutException _ -> silent();
      default -> new PeerGoneException(peer + ": is gone: " + e.getMessage());
    };
  }

  @Override
  public void close() {
    try {
      channel.close();
    } catch (IOException e) {
      // Nothing more is to be sent, and what was sent has been answered.
    }
  }
}
