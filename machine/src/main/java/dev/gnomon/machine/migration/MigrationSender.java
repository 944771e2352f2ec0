package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestState;
import dev.gnomon.machine.guest.GuestTraces;
import dev.gnomon.machine.trace.TraceBatch;
import dev.gnomon.machine.trace.TraceReader;
import java.io.IOException;
import java.nio.channels.SocketChannel;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The way to another process: a {@link MigrationReceiver} at the other end of a TCP connection. See
 * {@link FrameType} for what is said.
 *
 * <p>Used by one thread at a time. Whatever goes wrong is an {@link InputException} of one line
 * that names the peer.
 */
public final class MigrationSender implements PageSink, AutoCloseable {
  /** So much goes into one frame of pages. */
  private static final int BATCH_BYTES = 128 << 10;

  private static final int LAST_WORDS_MILLIS = 300;

  private final Connection connection;
  private final boolean resumesThere;
  private final PayloadWriter batch = new PayloadWriter();
  private final PageHash hash = new PageHash();

  private MigrationSender(Connection connection, int peerFlags) {
    this.connection = connection;
    resumesThere = (peerFlags & MigrationReceiver.RESUMES) != 0;
  }

  /** Connects, with a timeout of half a minute. */
  public static MigrationSender connect(HostPort to) {
    return connect(to, ReceiveOptions.DEFAULT_TIMEOUT);
  }

  /**
   * Connects to a receiver.
   *
   * @param timeout how long it may be silent, now and later
   * @throws InputException if there is none, or it speaks another version
   */
  public static MigrationSender connect(HostPort to, Duration timeout) {
    Connection connection = new Connection(open(to, timeout), to.toString(), timeout);
    try {
      return new MigrationSender(connection, connection.greet(0));
    } catch (InputException e) {
      connection.close();
      throw e;
    }
  }

  /** The caller owns the channel. */
  @SuppressWarnings("resource")
  private static SocketChannel open(HostPort to, Duration timeout) {
    SocketChannel channel = null;
    try {
      channel = SocketChannel.open();
      channel.socket().connect(to.resolve(), (int) timeout.toMillis());
      return channel;
    } catch (IOException e) {
      closeQuietly(channel);
      throw new InputException(to + ": cannot be reached: " + e.getMessage(), e);
    }
  }

  private static void closeQuietly(@Nullable SocketChannel channel) {
    try {
      if (channel != null) {
        channel.close();
      }
    } catch (IOException e) {
      // It was never connected.
    }
  }

  /**
   * Whether the receiver lets the guest go on there, if all pages are alike: {@link #finishThere}.
   */
  public boolean resumesThere() {
    return resumesThere;
  }

  // --- pages ---

  @Override
  public void begin(VmDescription description) {
    batch.clear();
    DescriptionCodec.write(batch, description);
    ask(FrameType.DESCRIPTION, FrameType.READY);
  }

  @Override
  public void page(long frame, byte[] content) {
    batch.put(frame << 1).put(content);
    sendIfFull(FrameType.PAGES);
  }

  @Override
  public void zeros(long frame) {
    batch.put(frame << 1 | 1);
    sendIfFull(FrameType.PAGES);
  }

  @Override
  public void endRound() {
    flush(FrameType.PAGES);
    ask(FrameType.ROUND_END, FrameType.ARRIVED);
  }

  @Override
  public void guestState(GuestState state) {
    StateCodec.write(batch, state);
    flush(FrameType.STATE);
  }

  @Override
  public void compare(long frame, byte[] content) {
    batch.put(frame).put(hash.of(content));
    sendIfFull(FrameType.HASHES);
  }

  @Override
  public Comparison comparison() {
    flush(FrameType.HASHES);
    PayloadReader verdict = ask(FrameType.HASHES_END, FrameType.VERDICT).reader();
    return new Comparison(verdict.getLong(), verdict.getLong(), verdict.getLong());
  }

  @Override
  public void idle() {
    connection.keepAlive();
  }

  private void sendIfFull(FrameType type) {
    if (batch.size() >= BATCH_BYTES) {
      flush(type);
    }
  }

  private void flush(FrameType type) {
    if (batch.size() > 0) {
      send(type);
    }
  }

  /** Sends a frame with what was put together, and waits for the answer. */
  private Frame ask(FrameType type, FrameType answer) {
    send(type);
    Frame frame = connection.receive();
    if (frame.type() != answer) {
      throw connection.unexpected(frame);
    }
    return frame;
  }

  private void send(FrameType type) {
    try {
      connection.send(type, batch);
    } catch (PeerGoneException e) {
      hearLastWords();
      throw e;
    }
    batch.clear();
  }

  /** A peer that closes has perhaps said why: then that is thrown. */
  private void hearLastWords() {
    try {
      while (connection.poll(LAST_WORDS_MILLIS) != null) {
        // Not the last.
      }
    } catch (PeerGoneException e) {
      // It has not.
    }
  }

  // --- going on there ---

  /**
   * Lets the guest, which is paused and whose pages have all arrived, go on at the receiver, and
   * feeds it the rest of its traces until it has finished.
   *
   * @return how it ended there
   * @throws InputException if the receiver fails; the guest then is here, paused as it was before
   */
  public GuestSummary finishThere(Guest guest) {
    GuestTraces traces = guest.traces();
    try {
      sendRecords(traces);
      send(FrameType.GO);
      return serve(traces);
    } catch (InputException e) {
      traces.takeBack();
      throw e;
    }
  }

  private void sendRecords(GuestTraces traces) {
    traces.visitRecords(
        (process, gva, content) -> {
          batch.put(process).put(gva).put(content);
          sendIfFull(FrameType.RECORD);
        });
    flush(FrameType.RECORD);
  }

  private GuestSummary serve(GuestTraces traces) {
    List<TraceReader> rests = new ArrayList<>();
    for (int process = 0; process < traces.processes(); process++) {
      rests.add(traces.rest(process));
    }
    TraceBatch records = new TraceBatch();
    while (true) {
      Frame frame = connection.poll(connection.timeout().toMillis());
      if (frame == null) {
        throw connection.silent();
      }
      switch (frame.type()) {
        case WANT -> {
          int process = frame.reader().getInt();
          if (process < 0 || process >= rests.size()) {
            throw connection.unexpected(frame);
          }
          sendTrace(process, rests.get(process), records);
        }
        case ALIVE -> connection.send(FrameType.ALIVE);
        case SUMMARY -> {
          return StateCodec.readSummary(frame.reader());
        }
        default -> throw connection.unexpected(frame);
      }
    }
  }

  private void sendTrace(int process, TraceReader rest, TraceBatch records) {
    try {
      rest.read(records);
    } catch (InputException e) {
      connection.sendError("the source cannot read its trace: " + e.getMessage());
      throw e;
    }
    TraceCodec.write(batch, process, rest, records);
    send(FrameType.TRACE);
  }

  /** Closes the connection. */
  @Override
  public void close() {
    connection.close();
  }
}
