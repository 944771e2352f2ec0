package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.ProcessState;
import dev.gnomon.machine.trace.TraceBatch;
import dev.gnomon.machine.trace.TraceReader;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.ArrayBlockingQueue;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/**
 * Feeds a guest that has moved here with the rest of its traces, which stay at the source.
 *
 * <p>For each process so many batches are asked for ahead of time, and one more as one is begun: so
 * a process rarely waits, the source sends nothing that was not asked for, and neither side keeps
 * more than the window. One thread receives; it never waits for a process, whose queue has room for
 * the window. Processes ask from the threads of their vCPUs.
 */
final class TraceFeed {
  /** So many batches are on their way to a process, or wait for it. */
  private static final int WINDOW = 4;

  private static final long LOOK_MILLIS = 100;

  private final Connection connection;
  private final List<Stream> streams = new ArrayList<>();
  private volatile boolean isStopped;
  private volatile @Nullable InputException failure;
  private @Nullable Thread thread;

  /** A feed for the processes of a guest, by number. */
  TraceFeed(Connection connection, List<ProcessState> processes) {
    this.connection = connection;
    for (ProcessState process : processes) {
      streams.add(new Stream(streams.size(), process));
    }
  }

  /** The readers of the processes. */
  List<TraceReader> readers() {
    return List.copyOf(streams);
  }

  /** Asks for the first batches, and receives from now on. No one else may receive any more. */
  void start() {
    for (Stream stream : streams) {
      for (int i = 0; i < WINDOW && !stream.isAtEnd; i++) {
        want(stream.process);
      }
    }
    thread = Thread.ofPlatform().daemon().name("migration-feed").start(this::run);
  }

  /** Receives no more. The guest runs no more. */
  void stop() {
    isStopped = true;
    Thread receiver = thread;
    boolean isInterrupted = false;
    while (receiver != null && receiver.isAlive()) {
      try {
        receiver.join();
      } catch (InterruptedException e) {
        isInterrupted = true;
      }
    }
    if (isInterrupted) {
      Thread.currentThread().interrupt();
    }
  }

  private void run() {
    try {
      receive();
    } catch (InputException e) {
      failure = e;
    }
  }

  private void receive() {
    long lastHeardNanos = System.nanoTime();
    while (!isStopped) {
      Frame frame = connection.poll(LOOK_MILLIS);
      if (frame != null) {
        lastHeardNanos = System.nanoTime();
        deliver(frame);
      } else if (System.nanoTime() - lastHeardNanos > connection.timeout().toNanos()) {
        throw connection.silent();
      } else {
        // The source answers; so both know that the other is there.
        connection.keepAlive();
      }
    }
  }

  private void deliver(Frame frame) {
    if (frame.type() == FrameType.ALIVE) {
      return;
    }
    if (frame.type() != FrameType.TRACE) {
      throw connection.unexpected(frame);
    }
    TraceCodec.Arrived batch = new TraceCodec.Arrived(frame.reader());
    int process = batch.process();
    if (process < 0 || process >= streams.size() || !streams.get(process).queue.offer(batch)) {
      throw connection.unexpected(frame);
    }
  }

  private void want(int process) {
    connection.send(FrameType.WANT, new PayloadWriter().put(process));
  }

  /**
   * The rest of one process's trace. Used by the vCPU that runs the process, outside guest mode.
   */
  private final class Stream implements TraceReader {
    private final int process;
    private final long sizeInBytes;
    private final BlockingQueue<TraceCodec.Arrived> queue = new ArrayBlockingQueue<>(WINDOW);
    private TraceCodec.@Nullable Arrived current;
    private boolean isAtEnd;

    Stream(int process, ProcessState state) {
      this.process = process;
      sizeInBytes = state.traceBytes();
      isAtEnd = state.isFinished();
    }

    @Override
    public int read(TraceBatch batch, int limit) {
      TraceCodec.Arrived from = current;
      if (!isAtEnd && (from == null || from.left() == 0)) {
        from = take();
        current = from;
        isAtEnd = from.left() == 0;
        if (!isAtEnd) {
          want(process);
        }
      }
      int count = from == null ? 0 : Math.min(limit, from.left());
      if (count == 0) {
        batch.setCount(0);
      } else {
        from.read(batch, count);
      }
      return count;
    }

    private TraceCodec.Arrived take() {
      while (true) {
        try {
          TraceCodec.Arrived next = queue.poll(LOOK_MILLIS, TimeUnit.MILLISECONDS);
          if (next != null) {
            return next;
          }
        } catch (InterruptedException e) {
          Thread.currentThread().interrupt();
          throw new InputException("interrupted while waiting for the trace", e);
        }
        InputException why = failure;
        if (why != null) {
          throw why;
        }
      }
    }

    @Override
    public long line() {
      return current == null ? 0 : current.line();
    }

    @Override
    public long bytesRead() {
      return current == null ? 0 : current.bytesRead();
    }

    @Override
    public long sizeInBytes() {
      return sizeInBytes;
    }

    @Override
    public void close() {
      // The connection is the receiver's.
    }
  }
}
