package dev.gnomon.machine.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestConfig;
import dev.gnomon.machine.trace.TraceSource;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.dirty.DirtyFlush;
import dev.gnomon.mmu.platform.Cpu;
import java.util.Random;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** A guest moves to another VM of this process while it runs, and goes on there. */
class InProcessMigrationTest {
  private static final int PASSES = 8;
  private static final int SLICE = 4000;

  static Stream<Arguments> configurations() {
    MmuConfig ept = MmuConfig.of(TdpKind.EPT, 2);
    MmuConfig npt = MmuConfig.of(TdpKind.NPT, 2);
    return Stream.of(
        Arguments.of("EPT, bitmap", ept, 1),
        Arguments.of("EPT, bitmap, manual protect", ept.withManualProtect(true, false), 1),
        Arguments.of("EPT, bitmap, initially set", ept.withManualProtect(true, true), 1),
        Arguments.of("EPT, initially set, large host pages", ept.withManualProtect(true, true), 2),
        Arguments.of("EPT, ring", ept.withDirtyLog(DirtyLogKind.RING).withRingEntries(1024), 1),
        Arguments.of("EPT, PML", ept.withDirtyLog(DirtyLogKind.PML), 1),
        Arguments.of(
            "EPT, PML, manual protect",
            ept.withDirtyLog(DirtyLogKind.PML).withManualProtect(true, false),
            1),
        Arguments.of("EPT, PML, large host pages", ept.withDirtyLog(DirtyLogKind.PML), 2),
        Arguments.of("EPT without A/D, bitmap", ept.withAccessedDirty(false), 1),
        Arguments.of(
            "EPT without A/D, ring, large host pages",
            ept.withAccessedDirty(false).withDirtyLog(DirtyLogKind.RING).withRingEntries(1024),
            2),
        Arguments.of(
            "EPT without A/D, no eager split, large host pages",
            ept.withAccessedDirty(false).withEagerSplit(false),
            2),
        Arguments.of("NPT, bitmap", npt, 1),
        Arguments.of("NPT, bitmap, manual protect", npt.withManualProtect(true, false), 2),
        Arguments.of("NPT, ring", npt.withDirtyLog(DirtyLogKind.RING).withRingEntries(1024), 1));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("configurations")
  void theGuestGoesOnAtTheDestinationAndFindsAllItWrote(
      String name, MmuConfig mmu, int hostPageLevel) {
    try (TraceSource trace = TestTraces.busy(PASSES);
        TestMachine source = new TestMachine(mmu, Rules.DEFAULTS, hostPageLevel);
        TestMachine destination = new TestMachine(mmu, Rules.DEFAULTS, hostPageLevel)) {
      Guest guest = source.bootGuest(trace, SLICE);
      long total = trace.totals().accesses() * guest.processes();

      MigrationResult result = migrate(source, guest, destination, options(total));

      assertThat(result.differingPages()).isZero();
      assertThat(result.firstDifferingGpa()).isEqualTo(-1);
      assertThat(source.vm.mmu().audit(source.vm.hostCpu(0))).isEmpty();
      assertThat(TestMachine.accesses(guest)).isBetween(total / 10, total / 10 * 9);
      assertItFinishesAt(destination, guest, total);
      guest.close();
    }
  }

  @Test
  void pagesThatTheHostSwapsOutMeanwhileArriveToo() {
    MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 2).withAccessedDirty(false);
    try (TraceSource trace = TestTraces.busy(PASSES);
        TestMachine source = new TestMachine(mmu);
        TestMachine destination = new TestMachine(mmu)) {
      Guest guest = source.bootGuest(trace, SLICE);
      long total = trace.totals().accesses() * guest.processes();
      int reclaimer = source.vm.hostCpu(1).index();
      source.execution.start(reclaimer, "reclaim", cpu -> swapOut(cpu, source, guest));

      MigrationResult result =
          migrate(source, guest, destination, new MigrationOptions(60_000_000, total, 0, 30));

      assertThat(source.vm.hostSpace().writtenOut()).isPositive();
      assertThat(result.differingPages()).isZero();
      assertItFinishesAt(destination, guest, total);
      guest.close();
    }
  }

  /** Takes pages out of memory while the guest runs. */
  private static void swapOut(Cpu cpu, TestMachine source, Guest guest) {
    Random random = new Random(3);
    while (guest.accessesSoFar() == 0 || !guest.hasStopped()) {
      long frame = random.nextLong(source.vm.memoryMap().frames());
      source.vm.hostSpace().evict(cpu, source.vm.baseHvn() + frame);
      cpu.retrying();
    }
  }

  @Test
  void memoryAboveTheHoleMovesToo() {
    MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 1);
    long memory = 4L << 30;
    try (TraceSource trace = TestTraces.busy(PASSES);
        TestMachine source = new TestMachine(mmu, Rules.DEFAULTS, memory, 1);
        TestMachine destination = new TestMachine(mmu, Rules.DEFAULTS, memory, 2)) {
      // Large guest pages come from the end of memory.
      Guest guest = source.bootGuest(trace, new GuestConfig(true, true, 7, SLICE));
      long total = trace.totals().accesses() * guest.processes();

      PageSink sink =
          ForwardingSink.spoiling(
              new InProcessDestination(destination.vm), source.vm.memoryMap().frames() - 1, 0);
      MigrationResult spoilt = migrate(source, guest, sink, options(total));

      assertThat(spoilt.differingPages()).isEqualTo(1);
      assertThat(spoilt.firstDifferingGpa()).isEqualTo((5L << 30) - 4096);
      assertThat(source.vm.hostSpace().touchedPages()).isLessThan(20_000);
      guest.close();
    }
  }

  private static void assertItFinishesAt(TestMachine destination, Guest guest, long total) {
    guest.moveTo(destination.vm);
    guest.start();
    destination.execution.join();
    guest.sweep();

    assertThat(guest.isFinished()).isTrue();
    assertThat(TestMachine.accesses(guest)).isEqualTo(total);
    assertThat(guest.verifyResult().first()).isNull();
    assertThat(guest.verifyResult().mismatches()).isZero();
    assertThat(destination.vm.mmu().audit(destination.vm.hostCpu(0))).isEmpty();
  }

  @Test
  void pagesThatTheGuestKeepsWritingAreSentAgain() {
    MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 1);
    try (TraceSource trace = TestTraces.busy(5 * PASSES);
        TestMachine source = new TestMachine(mmu);
        TestMachine destination = new TestMachine(mmu)) {
      Guest guest = source.bootGuest(trace, SLICE);
      long total = trace.totals().accesses() * guest.processes();

      MigrationResult result =
          migrate(source, guest, progressing(destination, guest, total), options(total));

      assertThat(result.rounds()).hasSizeGreaterThan(2);
      assertThat(result.rounds().getFirst().pages()).isGreaterThan(600);
      assertThat(result.rounds().get(1).dirtyPages()).isPositive();
      assertThat(result.rounds().getLast().isFinal()).isTrue();
      assertThat(result.stoppedPages()).isEqualTo(result.rounds().getLast().pages()).isPositive();
      assertThat(result.pagesRedirtied()).isBetween(40L, result.rounds().getFirst().pages());
      assertThat(result.pagesSent())
          .isEqualTo(result.rounds().stream().mapToLong(Round::pages).sum());
      assertThat(result.accessesDuring()).isBetween(1L, total / 10 * 8);
      guest.close();
    }
  }

  @Test
  void withoutFlushesThePageThatIsLostFirstIsNamed() {
    MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 1);
    Rules lossy = Rules.DEFAULTS.with(Rules.DIRTY_FLUSH, DirtyFlush.NEVER);
    try (TraceSource trace = TestTraces.narrow(5 * PASSES);
        TestMachine source = new TestMachine(mmu, lossy, 1);
        TestMachine destination = new TestMachine(mmu)) {
      // Short slices: each adds to a word of the kernel's page through a global translation, which
      // stays.
      Guest guest = source.bootGuest(trace, 100);
      long total = trace.totals().accesses() * guest.processes();

      // So the guest has many slices while the last round is under way.
      MigrationResult result =
          migrate(source, guest, progressing(destination, guest, total), options(total));

      assertThat(result.differingPages()).isPositive();
      assertThat(result.firstDifferingGpa()).isEqualTo(0x1000);
      guest.close();
    }
  }

  @Test
  void aSlowLinkIsKeptToAndTheGuestIsStoppedInTime() {
    MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 2);
    long bandwidth = 20_000_000;
    try (TraceSource trace = TestTraces.busy(PASSES);
        TestMachine source = new TestMachine(mmu);
        TestMachine destination = new TestMachine(mmu)) {
      Guest guest = source.bootGuest(trace, SLICE);
      long total = trace.totals().accesses() * guest.processes();

      long start = System.nanoTime();
      MigrationResult result =
          migrate(source, guest, destination, new MigrationOptions(bandwidth, total, 0, 1000));
      double seconds = (System.nanoTime() - start) / 1e9;

      assertThat(result.bytesSent() / seconds).isLessThan(1.2 * bandwidth);
      assertThat(TestMachine.accesses(guest)).isLessThanOrEqualTo(total / 10 * 9);
      assertThat(result.differingPages()).isZero();
      guest.close();
    }
  }

  @Test
  void aLargeDowntimeLetsTheFirstRoundConverge() {
    MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 1);
    try (TraceSource trace = TestTraces.busy(5 * PASSES);
        TestMachine source = new TestMachine(mmu);
        TestMachine destination = new TestMachine(mmu)) {
      Guest guest = source.bootGuest(trace, SLICE);
      long total = trace.totals().accesses() * guest.processes();

      MigrationResult result =
          migrate(source, guest, destination, new MigrationOptions(0, total, 1000, 30));

      assertThat(result.hasConverged()).isTrue();
      assertThat(result.rounds()).hasSize(2);
      assertThat(result.downtimeSeconds()).isPositive();
      guest.close();
    }
  }

  /** A destination where no round ends before the guest has got on. */
  private static PageSink progressing(TestMachine destination, Guest guest, long total) {
    return new ForwardingSink(new InProcessDestination(destination.vm)) {
      @Override
      public void endRound() {
        super.endRound();
        long enough = Math.min(guest.accessesSoFar() + 10_000, total / 2);
        while (guest.accessesSoFar() < enough && !guest.hasStopped()) {
          LockSupport.parkNanos(100_000);
        }
      }
    };
  }

  /** No downtime is short enough, so that there are rounds. */
  private static MigrationOptions options(long total) {
    return new MigrationOptions(0, total, 0, 30);
  }

  private static MigrationResult migrate(
      TestMachine source, Guest guest, TestMachine destination, MigrationOptions options) {
    return migrate(source, guest, new InProcessDestination(destination.vm), options);
  }

  private static MigrationResult migrate(
      TestMachine source, Guest guest, PageSink destination, MigrationOptions options) {
    LiveMigration migration =
        new LiveMigration(source.vm, guest, destination, options, MigrationListener.SILENT);
    guest.start();
    migration.start();
    source.execution.join();
    return migration.result();
  }
}
