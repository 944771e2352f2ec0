package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestState;
import dev.gnomon.machine.guest.GuestTraces;
import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.Arrays;
import java.util.Objects;
import org.jspecify.annotations.Nullable;

/**
 * One guest that comes in over a connection: builds the VM that the source describes, fills its
 * memory, compares it, and lets the guest go on if it is to. Used once, by one thread.
 *
 * <p>Each frame is checked against what has come before; a source that gets the order wrong is
 * refused.
 */
final class IncomingMigration implements AutoCloseable {
  private static final double NANOS = 1e9;

  private final Connection connection;
  private final ReceiveOptions options;
  private final MigrationListener listener;
  private final PageHash hash = new PageHash();
  private final byte[] content = new byte[PhysicalMemory.FRAME_SIZE];

  private @Nullable VmDescription description;
  private @Nullable DestinationMachine machine;
  private @Nullable DestinationMemory memory;
  private @Nullable Guest guest;
  private @Nullable TraceFeed feed;

  private int rounds;
  private long pages;
  private long pagesBefore;
  private long roundNanos = System.nanoTime();
  private long lastCompared = -1;

  IncomingMigration(Connection connection, ReceiveOptions options, MigrationListener listener) {
    this.connection = connection;
    this.options = options;
    this.listener = listener;
  }

  /**
   * Takes all that comes. Returns when the pages have been compared, or the guest has finished
   * here.
   */
  ReceiveResult receive() {
    build(expect(FrameType.DESCRIPTION));
    while (true) {
      Frame frame = connection.receive();
      switch (frame.type()) {
        case PAGES -> takePages(frame);
        case ROUND_END -> endRound(frame);
        case STATE -> takeState(frame);
        case HASHES -> takeHashes(frame);
        case HASHES_END -> {
          frame.reader().end();
          return conclude();
        }
        default -> throw connection.unexpected(frame);
      }
    }
  }

  private Frame expect(FrameType type) {
    Frame frame = connection.receive();
    if (frame.type() != type) {
      throw connection.unexpected(frame);
    }
    return frame;
  }

  private void build(Frame frame) {
    VmDescription described = DescriptionCodec.read(frame.reader());
    DestinationMachine made = DestinationMachine.of(described.vm(), options);
    description = described;
    machine = made;
    memory = new DestinationMemory(made.vm());
    connection.send(FrameType.READY);
  }

  // --- memory ---

  private DestinationMemory memory() {
    return Objects.requireNonNull(memory);
  }

  private void takePages(Frame frame) {
    PayloadReader in = frame.reader();
    while (in.hasMore()) {
      long coded = in.getLong();
      long number = coded >>> 1;
      if (number >= memory().frames() || lastCompared >= 0) {
        throw connection.unexpected(frame);
      }
      if ((coded & 1) != 0) {
        memory().zeros(number);
      } else {
        in.getBytes(content);
        memory().page(number, content);
      }
      pages++;
    }
  }

  private void endRound(Frame frame) {
    frame.reader().end();
    connection.send(FrameType.ARRIVED);
    long now = System.nanoTime();
    long count = pages - pagesBefore;
    listener.roundEnded(
        new Round(
            rounds,
            count,
            count * PhysicalMemory.FRAME_SIZE,
            (now - roundNanos) / NANOS,
            0,
            guest != null));
    rounds++;
    pagesBefore = pages;
    roundNanos = now;
  }

  private void takeHashes(Frame frame) {
    PayloadReader in = frame.reader();
    while (in.hasMore()) {
      long number = in.getLong();
      long expected = in.getLong();
      if (number <= lastCompared || number >= memory().frames()) {
        throw connection.unexpected(frame);
      }
      memory().compare(number, held -> hash.of(held) == expected);
      lastCompared = number;
    }
  }

  // --- the guest ---

  private void takeState(Frame frame) {
    if (guest != null) {
      throw connection.unexpected(frame);
    }
    GuestState state = StateCodec.readState(frame.reader());
    VmDescription described = Objects.requireNonNull(description);
    TraceFeed made = new TraceFeed(connection, state.processes());
    Guest arrived =
        new Guest(Objects.requireNonNull(machine).vm(), described.guestLevels(), described.guest());
    try {
      arrived.restore(state, made.readers());
    } catch (IllegalArgumentException e) {
      throw new InputException("the peer sent a guest that cannot be: " + e.getMessage(), e);
    }
    feed = made;
    guest = arrived;
  }

  private ReceiveResult conclude() {
    Guest arrived = guest;
    if (arrived == null) {
      throw new InputException(connection.peer() + ": sent no guest with its memory");
    }
    Comparison comparison = memory().comparison();
    listener.compared(comparison);
    connection.send(
        FrameType.VERDICT,
        new PayloadWriter()
            .put(comparison.pages())
            .put(comparison.differingPages())
            .put(comparison.firstDifferingFrame()));
    boolean goesOn = options.resumes() && comparison.isIdentical();
    GuestSummary summary = goesOn ? goOn(arrived) : null;
    long differing = comparison.firstDifferingFrame();
    VmDescription described = Objects.requireNonNull(description);
    return new ReceiveResult(
        connection.peer(),
        described,
        pages,
        comparison,
        differing < 0 ? -1 : Objects.requireNonNull(machine).vm().memoryMap().gpaOfFrame(differing),
        summary);
  }

  private GuestSummary goOn(Guest arrived) {
    takeRecords(arrived);
    TraceFeed traces = Objects.requireNonNull(feed);
    traces.start();
    try {
      arrived.start();
      join();
      if (arrived.config().isVerified()) {
        arrived.sweep();
      }
    } finally {
      traces.stop();
    }
    GuestSummary summary =
        new GuestSummary(
            Arrays.stream(arrived.accessesPerVcpu()).boxed().toList(), arrived.verifyResult());
    PayloadWriter out = new PayloadWriter();
    StateCodec.write(out, summary);
    connection.send(FrameType.SUMMARY, out);
    return summary;
  }

  private void join() {
    try {
      Objects.requireNonNull(machine).execution().join();
    } catch (CpuFailureException e) {
      if (e.getCause() instanceof InputException input) {
        throw input;
      }
      throw e;
    }
  }

  /** Takes pages of the records that memory is checked against, up to the word to go. */
  private void takeRecords(Guest arrived) {
    GuestTraces traces = arrived.traces();
    Frame frame;
    while ((frame = connection.receive()).type() == FrameType.RECORD) {
      PayloadReader in = frame.reader();
      while (in.hasMore()) {
        int process = in.getInt();
        long gva = in.getLong();
        in.getBytes(content);
        if (process < 0 || process >= traces.processes() || !arrived.config().isVerified()) {
          throw connection.unexpected(frame);
        }
        traces.restoreRecord(process, gva, content);
      }
    }
    if (frame.type() != FrameType.GO) {
      throw connection.unexpected(frame);
    }
  }

  /** Gives the VM's memory back. */
  @Override
  public void close() {
    if (machine != null) {
      machine.close();
    }
  }
}
