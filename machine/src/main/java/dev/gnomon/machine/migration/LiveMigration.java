package dev.gnomon.machine.migration;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * Pre-copy live migration of a guest, while its vCPUs run; independent of where the pages go.
 *
 * <ol>
 *   <li>Wait until the guest has made a tenth of its accesses.
 *   <li>Switch the dirty log of every slot on; then copy every page that was ever touched. The
 *       others hold zeros on both sides. A page that is touched for the first time from here on is
 *       reported as dirty.
 *   <li>Rounds: take what the log reports and copy it. The log has protected those pages again and
 *       flushed before its call returned, so what is written while or after a page is copied is
 *       reported again.
 *   <li>After each round {@link Convergence} decides whether to stop the guest. A round is broken
 *       off, and the guest stopped, when it has made about eight tenths of its accesses; pages that
 *       were to be sent stay pending. For a guest that is faster still there is a gate which it
 *       does not pass before it is stopped ({@link Milestones}).
 *   <li>Stop: ask the vCPUs to pause, and wait until each has left its handlers: the fast
 *       page-fault path marks a page after it has let the write happen. Meanwhile rings are
 *       harvested, for a vCPU whose ring is full cannot pause.
 *   <li>Take the last of the log, copy it, send what of the guest lies outside its memory, and
 *       compare every touched page of both sides.
 *   <li>Switch the log off.
 * </ol>
 *
 * <p>When anything fails the source is as it was: the log is off and the gate open, and the guest
 * runs on; or it is paused, if it had come to that, and may be started again.
 *
 * <p>Used once. It runs as a body on the source's first host CPU, beside the vCPUs, and holds no
 * lock while it sleeps or sends.
 */
public final class LiveMigration {
  private static final byte[] ZEROS = new byte[PhysicalMemory.FRAME_SIZE];

  /** What a page takes: its content and its number. */
  private static final long PAGE_BYTES = PhysicalMemory.FRAME_SIZE + Long.BYTES;

  private static final long ZEROS_BYTES = Long.BYTES;

  /** Not worth a sleep. */
  private static final long SHORTEST_SLEEP_NANOS = 200_000;

  private static final long LONGEST_SLEEP_NANOS = 2_000_000;
  private static final long SHORT_SLEEP_NANOS = 50_000;
  private static final int PAGES_PER_LOOK = 16;
  private static final double NANOS = 1e9;

  private final VirtualMachine source;
  private final Guest guest;
  private final PageSink destination;
  private final MigrationListener listener;
  private final GuestFrames frames;
  private final PendingPages pending;
  private final SentPages sent;
  private final Convergence convergence;
  private final Milestones milestones;
  private final Throttle throttle;
  private final List<Round> rounds = new ArrayList<>();
  private final byte[] content = new byte[PhysicalMemory.FRAME_SIZE];

  /** Written by the body, read after the execution's join. */
  private @Nullable MigrationResult result;

  private @Nullable InputException failure;

  /** A migration of a guest that runs in a VM. */
  public LiveMigration(
      VirtualMachine source,
      Guest guest,
      PageSink destination,
      MigrationOptions options,
      MigrationListener listener) {
    this.source = source;
    this.guest = guest;
    this.destination = destination;
    this.listener = listener;
    frames = new GuestFrames(source);
    pending = new PendingPages(source, frames);
    sent = new SentPages(frames.count());
    convergence = new Convergence(options);
    milestones =
        Milestones.of(
            options.totalAccesses(), source.config().mmu().vcpus(), guest.config().sliceAccesses());
    throttle = new Throttle(options.bandwidthBytesPerSecond(), System.nanoTime());
  }

  /**
   * Starts the migration on the source's first host CPU; to be called after the guest was started.
   * When the execution has been joined, {@link #result} says how it went.
   */
  public void start() {
    int cpu = source.hostCpu(0).index();
    source.execution().start(cpu, "migration", this::runAsBody);
  }

  private void runAsBody(Cpu cpu) {
    try {
      result = run(cpu);
    } catch (InputException e) {
      // Not thrown on: that would stop the vCPUs too, and the source is to stay intact.
      failure = e;
    }
  }

  /**
   * What came of it. After the join of the execution.
   *
   * @throws InputException why the migration failed; the guest has run to its end at the source, or
   *     is paused there and can be started again
   */
  public MigrationResult result() {
    if (failure != null) {
      throw failure;
    }
    if (result == null) {
      throw new IllegalStateException("the migration has not run");
    }
    return result;
  }

  /**
   * Migrates, on the CPU of the calling thread, while the guest's vCPUs run. When this returns the
   * guest is paused and both sides have been compared.
   *
   * @throws InputException if the destination fails
   */
  public MigrationResult run(Cpu cpu) {
    guest.limitAccesses(milestones.gate());
    try {
      destination.begin(VmDescription.of(source, guest));
      awaitStart(cpu);
      long accessesAtStart = guest.accessesSoFar();
      listener.started(accessesAtStart);
      pending.startLog(cpu);
      pending.addTouched();
      StopReason reason = sendRounds(cpu);
      listener.stopping(reason, guest.accessesSoFar());
      long stopNanos = System.nanoTime();
      stopGuest(cpu);
      Round last = sendLastRound(cpu);
      destination.guestState(guest.state());
      double downtime = secondsSince(stopNanos);
      Comparison comparison = compare(cpu);
      return result(reason, last, downtime, guest.accessesSoFar() - accessesAtStart, comparison);
    } finally {
      pending.stopLog(cpu);
      guest.limitAccesses(Long.MAX_VALUE);
    }
  }

  private MigrationResult result(
      StopReason reason, Round last, double downtime, long accesses, Comparison comparison) {
    long differing = comparison.firstDifferingFrame();
    return new MigrationResult(
        rounds,
        sent.pages(),
        sent.resent(),
        sent.bytes(),
        accesses,
        last.pages(),
        comparison.differingPages(),
        differing < 0 ? -1 : frames.gpa(differing),
        downtime,
        reason);
  }

  private void awaitStart(Cpu cpu) {
    while (guest.accessesSoFar() < milestones.start() && !guest.hasStopped()) {
      rest(cpu, LONGEST_SLEEP_NANOS);
    }
  }

  // --- rounds ---

  private StopReason sendRounds(Cpu cpu) {
    while (true) {
      Round round = sendRound(cpu, false);
      if (isLate()) {
        return StopReason.GUEST_NEARLY_DONE;
      }
      StopReason reason = convergence.after(round, PAGE_BYTES);
      if (reason != null) {
        return reason;
      }
    }
  }

  /** Sends what is pending, then takes what the log reports. */
  private Round sendRound(Cpu cpu, boolean isFinal) {
    long startNanos = System.nanoTime();
    long pagesBefore = sent.pages();
    long bytesBefore = sent.bytes();
    sendPending(cpu, isFinal);
    destination.endRound();
    double seconds = secondsSince(startNanos);
    if (!isFinal) {
      pending.collect(cpu);
    }
    Round round =
        new Round(
            rounds.size(),
            sent.pages() - pagesBefore,
            sent.bytes() - bytesBefore,
            seconds,
            pending.count(),
            isFinal);
    rounds.add(round);
    listener.roundEnded(round);
    return round;
  }

  private void sendPending(Cpu cpu, boolean isFinal) {
    pending.beginRound();
    int pages = 0;
    for (long frame = pending.next(0); frame >= 0; frame = pending.next(frame + 1)) {
      pending.prepare(cpu, frame);
      pending.remove(frame);
      send(cpu, frame);
      if (++pages % PAGES_PER_LOOK == 0) {
        pending.makeRoom(cpu);
        if (!isFinal && isLate()) {
          return;
        }
      }
      keepToBandwidth(cpu, isFinal);
    }
  }

  private void send(Cpu cpu, long frame) {
    frames.read(cpu, frame, content);
    boolean isZeros = Arrays.equals(content, ZEROS);
    if (isZeros) {
      destination.zeros(frame);
    } else {
      destination.page(frame, content);
    }
    long bytes = isZeros ? ZEROS_BYTES : PAGE_BYTES;
    sent.add(frame, bytes);
    throttle.charge(bytes);
  }

  private void keepToBandwidth(Cpu cpu, boolean isFinal) {
    long debt = throttle.debt(System.nanoTime());
    while (debt >= SHORTEST_SLEEP_NANOS && (isFinal || !isLate())) {
      rest(cpu, Math.min(debt, LONGEST_SLEEP_NANOS));
      pending.makeRoom(cpu);
      debt = throttle.debt(System.nanoTime());
    }
  }

  private boolean isLate() {
    return guest.accessesSoFar() >= milestones.deadline() || guest.hasStopped();
  }

  // --- the stop ---

  private void stopGuest(Cpu cpu) {
    guest.pause();
    while (!guest.hasStopped()) {
      pending.makeRoom(cpu);
      rest(cpu, SHORT_SLEEP_NANOS);
    }
  }

  private Round sendLastRound(Cpu cpu) {
    pending.collect(cpu);
    return sendRound(cpu, true);
  }

  private Comparison compare(Cpu cpu) {
    long end = frames.count();
    for (long frame = frames.nextTouched(0); frame < end; frame = frames.nextTouched(frame + 1)) {
      frames.read(cpu, frame, content);
      destination.compare(frame, content);
    }
    Comparison comparison = destination.comparison();
    listener.compared(comparison);
    return comparison;
  }

  // --- waiting ---

  /** Waits a little, holding nothing; other bodies get their turn. */
  private void rest(Cpu cpu, long nanos) {
    source.execution().checkStopped();
    destination.idle();
    cpu.retrying();
    LockSupport.parkNanos(this, nanos);
  }

  private static double secondsSince(long startNanos) {
    return (System.nanoTime() - startNanos) / NANOS;
  }
}
