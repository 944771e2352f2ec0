package dev.gnomon.machine.migration;

import java.io.Closeable;
import java.io.EOFException;
import java.io.IOException;
import java.net.SocketTimeoutException;
import java.net.StandardSocketOptions;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;

/**
 * A socket whose reads and writes both end when the peer is silent for too long: a blocking one
 * knows no timeout for writes. One thread may read while another writes.
 */
final class TimedChannel implements Closeable {
  private final SocketChannel channel;
  private final Selector readable;
  private final Selector writable;
  private final long timeoutMillis;

  /** Takes a connected channel over. */
  TimedChannel(SocketChannel channel, long timeoutMillis) throws IOException {
    this.channel = channel;
    this.timeoutMillis = timeoutMillis;
    channel.configureBlocking(false);
    channel.setOption(StandardSocketOptions.TCP_NODELAY, true);
    readable = Selector.open();
    writable = Selector.open();
    channel.register(readable, SelectionKey.OP_READ);
    channel.register(writable, SelectionKey.OP_WRITE);
  }

  /** Whether there is something to be read, be it the end, within so many milliseconds. */
  boolean awaitReadable(long millis) throws IOException {
    return select(readable, millis);
  }

  /** Fills a buffer. */
  void read(ByteBuffer into) throws IOException {
    while (into.hasRemaining()) {
      int read = channel.read(into);
      if (read < 0) {
        throw new EOFException("closed by the peer");
      }
      if (read == 0 && !select(readable, timeoutMillis)) {
        throw silent();
      }
    }
  }

  /** Writes all of two buffers. */
  void write(ByteBuffer first, ByteBuffer second) throws IOException {
    ByteBuffer[] both = {first, second};
    while (first.hasRemaining() || second.hasRemaining()) {
      if (channel.write(both) == 0 && !select(writable, timeoutMillis)) {
        throw silent();
      }
    }
  }

  /**
   * Sends no more, and reads until the peer sends no more either, or for so many milliseconds. A
   * socket that is closed with something unread resets the connection, and the last words with it.
   */
  void finish(long millis) throws IOException {
    channel.shutdownOutput();
    ByteBuffer ignored = ByteBuffer.allocate(1 << 16);
    long endNanos = System.nanoTime() + millis * 1_000_000;
    while (channel.read(ignored.clear()) >= 0) {
      long leftMillis = (endNanos - System.nanoTime()) / 1_000_000;
      if (leftMillis <= 0 || !select(readable, leftMillis)) {
        return;
      }
    }
  }

  private static boolean select(Selector selector, long millis) throws IOException {
    selector.selectedKeys().clear();
    return selector.select(Math.max(1, millis)) > 0;
  }

  private SocketTimeoutException silent() {
    return new SocketTimeoutException("nothing for " + timeoutMillis / 1000.0 + " s");
  }

  @Override
  public void close() throws IOException {
    channel.close();
    readable.close();
    writable.close();
  }
}
