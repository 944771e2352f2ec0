package dev.gnomon.cli.run;

import dev.gnomon.cli.event.EventTrace;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.cli.vm.HostMachine;
import dev.gnomon.cli.vm.LogReader;
import dev.gnomon.cli.vm.ReclaimDriver;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestConfig;
import dev.gnomon.machine.guest.GuestStat;
import dev.gnomon.machine.guest.Mismatch;
import dev.gnomon.machine.migration.GuestSummary;
import dev.gnomon.machine.migration.HostPort;
import dev.gnomon.machine.migration.InProcessDestination;
import dev.gnomon.machine.migration.LiveMigration;
import dev.gnomon.machine.migration.MigrationListener;
import dev.gnomon.machine.migration.MigrationOptions;
import dev.gnomon.machine.migration.MigrationResult;
import dev.gnomon.machine.migration.MigrationSender;
import dev.gnomon.machine.migration.PageSink;
import dev.gnomon.machine.thread.CpuFailureException;
import dev.gnomon.machine.trace.TraceSource;
import dev.gnomon.mmu.platform.Cpu;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.function.Consumer;
import java.util.stream.IntStream;
import org.jspecify.annotations.Nullable;

/** Runs a plan: one guest, from boot to the end of its traces, on one machine or, migrated, two. */
final class GuestRun {
  /** CPUs for the host's work: {@link VirtualMachine#hostCpu}; the first is the migration's. */
  private static final int RECLAIM_CPU = 1;

  private static final int LOG_CPU = 2;
  private static final double NANOS = 1e9;

  private final RunPlan plan;
  private final List<TraceSource> traces;
  private final Progress progress;
  private final Interruption interruption;
  private final EventTrace trace;

  /** Found in machines that the guest has left. */
  private final List<String> violations = new ArrayList<>();

  private RunResult.Log log = RunResult.Log.NONE;
  private @Nullable MigrationResult migrated;
  private @Nullable String migrationFailure;
  private @Nullable GuestSummary endedThere;
  private @Nullable Counts earlier;

  GuestRun(
      RunPlan plan,
      List<TraceSource> traces,
      Progress progress,
      Interruption interruption,
      EventTrace trace) {
    this.plan = plan;
    this.traces = traces;
    this.progress = progress;
    this.interruption = interruption;
    this.trace = trace;
  }

  /**
   * Runs. Once.
   *
   * @throws dev.gnomon.machine.InputException if the input is not as it must be, or resources run
   *     out
   * @throws CpuFailureException as well, from a CPU
   * @throws IllegalStateException if memory was lost so that the guest could not go on
   */
  RunResult run() {
    long totalAccesses = plan.migrates() ? countAccesses() : 0;
    try (HostMachine machine = machine()) {
      Guest guest = new Guest(machine.vm(), plan.guestLevels(), plan.guest());
      try {
        interruption.onRequest(guest::pause);
        guest.boot(traces);
        if (plan.migratesTo() != null) {
          return playAndSend(machine, guest, totalAccesses, plan.migratesTo());
        }
        return plan.migratesHere()
            ? playAndMigrate(machine, guest, totalAccesses)
            : play(machine, guest);
      } catch (CpuFailureException e) {
        throw lossBehind(guest, e);
      } finally {
        guest.close();
      }
    }
  }

  private HostMachine machine() {
    return new HostMachine(plan.vm(), plan.rules(), plan.reclaimPercent() != null, trace);
  }

  /**
   * A migration is placed by how many accesses there will be. Finds what is wrong with a trace,
   * too.
   */
  private long countAccesses() {
    progress.show("counting the traces' accesses");
    GuestConfig config = plan.guest();
    int players = config.processes(traces.size(), plan.vm().mmu().vcpus()) * config.threads();
    long total = 0;
    for (int i = 0; i < traces.size(); i++) {
      int trace = i;
      long count =
          IntStream.range(0, players)
              .filter(p -> config.traceOf(p, traces.size()) == trace)
              .count();
      total += count * traces.get(i).totals().accesses();
    }
    progress.clear();
    return total;
  }

  // --- playing ---

  private RunResult play(HostMachine machine, Guest guest) {
    LogReader reader = new LogReader(machine.vm(), guest::hasStopped);
    long start = System.nanoTime();
    playOn(
        machine,
        guest,
        () -> {
          if (plan.dirtyLog().isOn()) {
            startOnHost(machine.vm(), LOG_CPU, "dirty log", reader::run);
          }
        });
    double seconds = secondsSince(start);
    log = new RunResult.Log(reader.reports(), reader.pages());
    return conclude(machine.vm(), guest, seconds);
  }

  private RunResult playAndMigrate(HostMachine source, Guest guest, long totalAccesses) {
    try (HostMachine destination = machine()) {
      LiveMigration migration =
          migration(source, guest, new InProcessDestination(destination.vm()), totalAccesses);
      long start = System.nanoTime();
      if (!playOn(source, guest, migration::start) || !takeResult(migration)) {
        return conclude(source.vm(), guest, secondsSince(start));
      }
      earlier = Counts.of(source.vm());
      violations.addAll(source.vm().mmu().audit(source.vm().hostCpu(0)));
      guest.moveTo(destination.vm());
      playOn(destination, guest, () -> {});
      return conclude(destination.vm(), guest, secondsSince(start));
    }
  }

  /** Takes the migration's result; false if it was abandoned because the run is to end. */
  private boolean takeResult(LiveMigration migration) {
    try {
      migrated = migration.result();
      return true;
    } catch (InputException e) {
      if (interruption.isRequested()) {
        return false;
      }
      throw e;
    }
  }

  private RunResult playAndSend(HostMachine source, Guest guest, long totalAccesses, HostPort to) {
    try (MigrationSender sender = MigrationSender.connect(to)) {
      LiveMigration migration = migration(source, guest, sender, totalAccesses);
      long start = System.nanoTime();
      if (playOn(source, guest, migration::start)) {
        try {
          migrated = migration.result();
          finishThere(sender, guest);
        } catch (InputException e) {
          // The guest is here, whole: at its end, or paused.
          migrationFailure = e.getMessage();
        }
        if (endedThere == null && !guest.isFinished()) {
          playOn(source, guest, () -> {});
        }
      }
      return conclude(source.vm(), guest, secondsSince(start));
    }
  }

  private void finishThere(MigrationSender sender, Guest guest) {
    if (sender.resumesThere() && migrated != null && migrated.isIdentical()) {
      interruption.onRequest(sender::close);
      progress.show("the guest goes on at " + plan.migratesTo());
      try {
        endedThere = sender.finishThere(guest);
      } finally {
        progress.clear();
        interruption.onRequest(guest::pause);
      }
    }
  }

  private LiveMigration migration(
      HostMachine source, Guest guest, PageSink destination, long totalAccesses) {
    return new LiveMigration(
        source.vm(),
        guest,
        new InterruptibleSink(destination, interruption),
        new MigrationOptions(plan.bandwidth(), totalAccesses),
        MigrationListener.SILENT);
  }

  /**
   * Plays on one machine until the guest stops; false if the end was asked for before it started.
   */
  private boolean playOn(HostMachine machine, Guest guest, Runnable hostWork) {
    if (interruption.isRequested()) {
      return false;
    }
    guest.start();
    if (interruption.isRequested()) {
      // A request that came before the start is forgotten by it.
      guest.pause();
    }
    hostWork.run();
    startReclaim(machine.vm(), guest);
    try (Monitor monitor = new Monitor(machine.execution(), guest, progress)) {
      monitor.begin();
      machine.execution().join();
    }
    return true;
  }

  private void startReclaim(VirtualMachine vm, Guest guest) {
    Integer percent = plan.reclaimPercent();
    if (percent != null) {
      startOnHost(
          vm, RECLAIM_CPU, "reclaim", new ReclaimDriver(vm, guest::hasStopped, percent)::run);
    }
  }

  private static void startOnHost(VirtualMachine vm, int which, String name, Consumer<Cpu> body) {
    vm.execution().start(vm.hostCpu(which).index(), name, body);
  }

  private static double secondsSince(long startNanos) {
    return (System.nanoTime() - startNanos) / NANOS;
  }

  // --- results ---

  /** Counts first what the run did, then checks, which itself makes faults. */
  private RunResult conclude(VirtualMachine vm, Guest guest, double seconds) {
    Cpu cpu = vm.hostCpu(0);
    Counts here = Counts.of(vm);
    Counts counts = earlier == null ? here : earlier.then(here);
    RunResult.Tlb tlb = RunResult.Tlb.of(guest);
    Map<GuestStat, Long> kernel = guest.statistics();
    long overhead = vm.mmu().overheadBytes(cpu);
    boolean wasInterrupted =
        interruption.isRequested() && endedThere == null && !guest.isFinished();
    violations.addAll(vm.mmu().audit(cpu));
    if (plan.guest().isVerified() && endedThere == null && !wasInterrupted) {
      progress.show("checking every page that was touched");
      guest.sweep();
      progress.clear();
    }
    GuestSummary summary =
        endedThere != null
            ? endedThere
            : new GuestSummary(
                Arrays.stream(guest.accessesPerVcpu()).boxed().toList(), guest.verifyResult());
    return new RunResult(
        plan,
        traces.stream().map(TraceSource::name).toList(),
        guest.processes(),
        summary.accessesPerVcpu(),
        seconds,
        counts,
        tlb,
        kernel,
        overhead,
        log,
        migrated,
        migrationFailure,
        endedThere != null,
        plan.guest().isVerified() ? summary.verified() : null,
        List.copyOf(violations),
        wasInterrupted);
  }

  /** A guest that has lost a page may fail in any way; what matters then is the page. */
  private static RuntimeException lossBehind(Guest guest, CpuFailureException failure) {
    Mismatch first = guest.verifyResult().first();
    return first == null
        ? failure
        : new IllegalStateException("the first page lost: " + first.describe(), failure);
  }
}
