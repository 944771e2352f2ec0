package dev.gnomon.machine.migration;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.trace.TraceSource;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
import java.util.concurrent.locks.LockSupport;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class PendingPagesTest {

  @ParameterizedTest
  @CsvSource({
    "BITMAP, false, false",
    "BITMAP, true, false",
    "BITMAP, true, true",
    "PML, false, false",
    "PML, true, true",
    "RING, false, false"
  })
  void whatWasSentIsPendingAgainOnlyIfItIsWritten(
      DirtyLogKind log, boolean manualProtect, boolean initiallySet) {
    MmuConfig mmu =
        MmuConfig.of(TdpKind.EPT, 1)
            .withDirtyLog(log)
            .withManualProtect(manualProtect, initiallySet);
    try (TraceSource trace = TestTraces.narrow(10);
        TestMachine machine = new TestMachine(mmu)) {
      Cpu cpu = machine.vm.hostCpu(0);
      Guest guest = machine.bootGuest(trace, 100);
      run(machine, guest, 20_000);
      PendingPages pending = new PendingPages(machine.vm, new GuestFrames(machine.vm));

      pending.startLog(cpu);
      pending.addTouched();
      assertThat(pending.count()).isEqualTo(machine.vm.hostSpace().touchedPages());
      send(pending, cpu);
      pending.collect(cpu);
      assertThat(pending.count()).isZero();

      run(machine, guest, Long.MAX_VALUE);
      pending.collect(cpu);
      assertThat(pending.next(0)).isEqualTo(1);
      // The pages of the trace, the kernel's, and perhaps page tables.
      assertThat(pending.count()).isBetween(21L, 30L);
      pending.stopLog(cpu);
      guest.close();
    }
  }

  private static void send(PendingPages pending, Cpu cpu) {
    pending.beginRound();
    for (long frame = pending.next(0); frame >= 0; frame = pending.next(frame + 1)) {
      pending.prepare(cpu, frame);
      pending.remove(frame);
    }
    assertThat(pending.count()).isZero();
  }

  /** Until it has finished, or has made so many accesses. */
  private static void run(TestMachine machine, Guest guest, long accesses) {
    guest.start();
    machine.execution.start(
        machine.vm.hostCpu(1).index(),
        "pause",
        cpu -> {
          while (!guest.hasStopped() && guest.accessesSoFar() < accesses) {
            LockSupport.parkNanos(1_000_000);
          }
          guest.pause();
        });
    machine.execution.join();
  }
}
