package dev.gnomon.machine.migration;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.trace.TraceSource;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/** Guests that are too fast, rings that are full, destinations that are slow or fail. */
@Timeout(20)
class MigrationTroubleTest {
  /** Rings that are full long before the guest has written all its pages. */
  private static final MmuConfig MMU =
      MmuConfig.of(TdpKind.EPT, 1).withDirtyLog(DirtyLogKind.RING).withRingEntries(1024);

  private TraceSource trace;
  private TestMachine source;
  private TestMachine destination;
  private Guest guest;
  private long total;

  @BeforeEach
  void bootAGuest() {
    trace = TestTraces.busy(40);
    source = new TestMachine(MMU);
    destination = new TestMachine(MMU);
    guest = source.bootGuest(trace, 4000);
    total = trace.totals().accesses() * guest.processes();
  }

  @AfterEach
  void close() {
    guest.close();
    destination.close();
    source.close();
    trace.close();
  }

  @Test
  void aGuestWhoseRingIsFullCanBeStopped() {
    MigrationListener untilFull =
        new MigrationListener() {
          @Override
          public void stopping(StopReason reason, long accessesSoFar) {
            awaitFullRing();
          }
        };
    MigrationResult result =
        migrate(
            new InProcessDestination(destination.vm),
            new MigrationOptions(0, total, 1000, 30),
            untilFull);

    assertThat(result.differingPages()).isZero();
    assertThat(result.stoppedPages()).isGreaterThanOrEqualTo(448);
  }

  @Test
  void aGuestThatWaitsForRoomGoesOnWhenTheMigrationFails() {
    PageSink failing =
        new ForwardingSink(new InProcessDestination(destination.vm)) {
          @Override
          public void endRound() {
            awaitFullRing();
            throw new InputException("the destination is on fire");
          }
        };

    assertThatThrownBy(
            () -> migrate(failing, new MigrationOptions(0, total), MigrationListener.SILENT))
        .isInstanceOf(InputException.class)
        .hasMessage("the destination is on fire");
    assertThat(guest.isFinished()).isTrue();
    guest.sweep();
    assertThat(TestMachine.accesses(guest)).isEqualTo(total);
    assertThat(guest.verifyResult().first()).isNull();
    assertThat(source.vm.mmu().audit(source.vm.hostCpu(0))).isEmpty();
  }

  @Test
  void aGuestThatIsTooFastWaitsBeforeItsLastTenth() {
    PageSink slow =
        new ForwardingSink(new InProcessDestination(destination.vm)) {
          @Override
          public void begin(VmDescription description) {
            super.begin(description);
            long before;
            do {
              before = guest.accessesSoFar();
              // Long enough for a guest that runs to be seen running on a busy computer.
              LockSupport.parkNanos(700_000_000);
            } while (before == 0 || guest.accessesSoFar() > before);
          }
        };
    MigrationResult result =
        migrate(slow, new MigrationOptions(0, total), MigrationListener.SILENT);

    assertThat(result.stopReason()).isEqualTo(StopReason.GUEST_NEARLY_DONE);
    assertThat(TestMachine.accesses(guest)).isBetween(total / 10 * 7, total / 10 * 9);
    assertThat(result.differingPages()).isZero();
  }

  @Test
  void aDestinationHearsOfAMigrationThatWaits() {
    AtomicInteger idles = new AtomicInteger();
    PageSink counting =
        new ForwardingSink(new InProcessDestination(destination.vm)) {
          @Override
          public void idle() {
            idles.incrementAndGet();
          }
        };
    migrate(counting, new MigrationOptions(10_000_000, total), MigrationListener.SILENT);

    assertThat(idles).hasValueGreaterThan(10);
  }

  private void awaitFullRing() {
    BooleanSupplier isFull = () -> source.vm.mmu().vcpu(0).isRingFull();
    while (!isFull.getAsBoolean()) {
      LockSupport.parkNanos(100_000);
    }
  }

  private MigrationResult migrate(
      PageSink sink, MigrationOptions options, MigrationListener listener) {
    LiveMigration migration = new LiveMigration(source.vm, guest, sink, options, listener);
    guest.start();
    migration.start();
    source.execution.join();
    return migration.result();
  }
}
