package dev.gnomon.cli.event;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.spte.SpteFormat;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.locks.LockSupport;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * Writes the events of VMs as text while they run. A thread of its own takes the events out of the
 * CPUs' rings, merges them by time, and writes.
 *
 * <p>It writes an event once it knows all that happened before: those whose time is a moment past,
 * as soon as each ring has published what had been entered when it looked. When the process is
 * asked to end, what is written stays; {@link #close} writes the rest.
 */
final class TextTrace implements AutoCloseable {
  /** An event entered before that must be seen to be entered by now. */
  private static final long SETTLED_NANOS = 200_000;

  private static final long IDLE_NANOS = 500_000;
  private static final int BUFFER = 1 << 16;
  private static final long TAKE_EVERY = 256;

  private final String name;
  private final TraceSink sink;
  private final LongSupplier clock;
  private final EventText text;
  private final Line line = new Line(BUFFER);
  private final List<TracedMachine> machines = new CopyOnWriteArrayList<>();
  private final Thread writer;
  private volatile boolean isClosing;

  /** Why nothing is written any more; written by the writer. */
  private volatile @Nullable Throwable failure;

  /**
   * Begins a trace.
   *
   * @param name what to call it in messages
   * @param clock nanoseconds, never going back
   * @param countsEvents whether lines bear a count instead of the time
   */
  TextTrace(String name, TraceSink sink, LongSupplier clock, boolean countsEvents) {
    this.name = name;
    this.sink = sink;
    this.clock = clock;
    text = new EventText(countsEvents);
    line.add("# tracer: nop\n#\n");
    writer = Thread.ofPlatform().name("event trace").daemon().start(this::write);
  }

  /**
   * Takes the events of a VM in, too.
   *
   * @param cpus how many CPUs its execution has
   */
  synchronized RingTracepoints of(MmuConfig config, int cpus) {
    int firstCpu = machines.stream().mapToInt(TracedMachine::cpus).sum();
    TracedMachine machine =
        new TracedMachine(new SpteFormat(config), config.vcpus(), cpus, firstCpu, clock);
    machines.add(machine);
    return new RingTracepoints(machine);
  }

  private void write() {
    try {
      while (!isClosing) {
        if (!writeUntil(clock.getAsLong() - SETTLED_NANOS)) {
          flush();
          LockSupport.parkNanos(IDLE_NANOS);
        }
      }
      writeUntil(Long.MAX_VALUE);
      flush();
    } catch (IOException | RuntimeException | Error e) {
      failure = e;
      discard();
    }
  }

  /** One ring, as far as one look goes. */
  private static final class Cursor {
    final TracedMachine machine;
    final int cpu;
    final EventRing ring;
    final long end;
    long at;

    Cursor(TracedMachine machine, int cpu, EventRing ring) {
      this.machine = machine;
      this.cpu = cpu;
      this.ring = ring;
      at = ring.taken();
      end = ring.settled();
    }

    long time() {
      return at < end ? ring.word(at, 0) : Long.MAX_VALUE;
    }
  }

  /** Writes what happened before a time; returns whether there was anything. */
  private boolean writeUntil(long horizon) throws IOException {
    List<Cursor> cursors = cursors();
    boolean hasWritten = false;
    while (true) {
      Cursor first = null;
      long firstTime = horizon;
      long nextTime = horizon;
      for (Cursor each : cursors) {
        long time = each.time();
        if (time < firstTime) {
          nextTime = firstTime;
          first = each;
          firstTime = time;
        } else if (time < nextTime) {
          nextTime = time;
        }
      }
      if (first == null) {
        return hasWritten;
      }
      writeFrom(first, nextTime);
      hasWritten = true;
    }
  }

  /** Writes from one ring until another has something earlier. */
  private void writeFrom(Cursor cursor, long until) throws IOException {
    do {
      text.format(line, cursor.machine, cursor.cpu, cursor.ring, cursor.at);
      cursor.at++;
      if (cursor.at % TAKE_EVERY == 0) {
        cursor.ring.take(cursor.at);
      }
      if (line.room() < EventText.LONGEST) {
        flush();
      }
    } while (cursor.time() < until);
    cursor.ring.take(cursor.at);
  }

  private List<Cursor> cursors() {
    List<Cursor> cursors = new ArrayList<>();
    for (TracedMachine machine : machines) {
      for (int cpu = 0; cpu < machine.cpus(); cpu++) {
        EventRing ring = machine.known(cpu);
        if (ring != null) {
          cursors.add(new Cursor(machine, cpu, ring));
        }
      }
    }
    return cursors;
  }

  private void flush() throws IOException {
    if (line.length() > 0) {
      sink.write(line.bytes(), line.length());
      line.clear();
    }
  }

  /** Keeps the rings empty, so that nobody waits for a writer that writes no more. */
  private void discard() {
    while (!isClosing) {
      for (Cursor each : cursors()) {
        each.ring.take(each.end);
      }
      LockSupport.parkNanos(IDLE_NANOS);
    }
  }

  /**
   * Writes what is left. No CPU of a traced VM is running any more.
   *
   * @throws InputException if something could not be written
   */
  @Override
  public void close() {
    isClosing = true;
    LockSupport.unpark(writer);
    boolean wasInterrupted = join();
    try {
      sink.close();
    } catch (IOException e) {
      failure = failure == null ? e : failure;
    }
    if (wasInterrupted) {
      Thread.currentThread().interrupt();
    }
    Throwable cause = failure;
    if (cause instanceof IOException) {
      throw new InputException(name + ": cannot be written: " + cause.getMessage(), cause);
    }
    if (cause != null) {
      throw new IllegalStateException(name + ": the trace's writer failed", cause);
    }
  }

  private boolean join() {
    boolean wasInterrupted = false;
    while (true) {
      try {
        writer.join();
        return wasInterrupted;
      } catch (InterruptedException e) {
        wasInterrupted = true;
      }
    }
  }
}
