package dev.gnomon.mmu.dirty;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVm;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.List;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

class RingAndPmlLogTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";

  private static TestVm logged(MmuConfig config) {
    TestVm vm = new TestVm(config);
    vm.addSlot(0, 0, 2048, 2048);
    for (int i = 0; i < vm.vcpus(); i++) {
      vm.vcpu(i).tlbHolds(() -> true);
    }
    vm.startLog(0);
    return vm;
  }

  private static TestVm ring(MmuConfig config) {
    return logged(config.withDirtyLog(DirtyLogKind.RING));
  }

  // --- rings ---

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aWriteIsInTheNextHarvestOnly(MmuConfig config) {
    TestVm vm = ring(config);
    vm.vcpu().write(5, 1);
    assertThat(vm.harvest(0).stream()).containsExactly(5);
    assertThat(vm.harvest(0).isEmpty()).isTrue();
    vm.vcpu().write(5, 2);
    assertThat(vm.harvest(0).stream()).containsExactly(5);
    assertThat(vm.audit()).isEmpty();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void pagesFarApartInTheSlotAreAllProtectedAgain(MmuConfig config) {
    TestVm vm = ring(config);
    long[] gfns = {0, 63, 64, 65, 700, 3, 2047};
    for (int round = 0; round < 3; round++) {
      for (long gfn : gfns) {
        vm.vcpu().write(gfn, round);
      }
      assertThat(vm.harvest(0).stream()).containsExactly(0, 3, 63, 64, 65, 700, 2047);
    }
  }

  /** As the kernel's reset does, so that traces agree. */
  @Test
  void neighbouringEntriesAreProtectedTogetherInAscendingOrder() {
    List<Long> protectedGfns = new ArrayList<>();
    Tracepoints changes =
        new Tracepoints() {
          @Override
          public void kvmTdpMmuSpteChanged(
              Cpu cpu, int asId, long gfn, int level, long oldSpte, long newSpte) {
            protectedGfns.add(gfn);
          }
        };
    MmuConfig config = Configs.npt().withDirtyLog(DirtyLogKind.RING);
    TestVm vm = new TestVm(config, Rules.DEFAULTS, changes);
    vm.addSlot(0, 0, 2048, 2048);
    vm.startLog(0);
    long[] gfns = {0x41, 0x10, 0x12, 0x4f, 0x50, 0x700, 0x6ff, 0x20};
    for (long gfn : gfns) {
      vm.vcpu().write(gfn, 1);
    }
    protectedGfns.clear();
    vm.harvest(0);
    assertThat(protectedGfns)
        .containsExactly(0x10L, 0x12L, 0x41L, 0x4fL, 0x50L, 0x6ffL, 0x700L, 0x20L);
  }

  @Test
  void everyVcpusWritesAreHarvested() {
    TestVm vm = ring(MmuConfig.of(TdpKind.NPT, 2));
    vm.vcpu(0).write(5, 1);
    vm.vcpu(1).write(6, 1);
    assertThat(vm.harvest(0).stream()).containsExactly(5, 6);
  }

  @Test
  void aVcpuWhoseRingIsFullDoesNotRunUntilThereIsRoom() {
    TestVm vm = ring(Configs.ept());
    AtomicInteger exits = new AtomicInteger();
    BitSet dirty = new BitSet();
    vm.vcpu()
        .onRingFull(
            () -> {
              exits.incrementAndGet();
              dirty.or(vm.harvest(0));
            });
    for (long gfn = 0; gfn < 2048; gfn++) {
      vm.vcpu().write(gfn, 1);
    }
    dirty.or(vm.harvest(0));
    assertThat(exits.get()).isEqualTo(2048 / (1024 - DirtyRing.RESERVED));
    assertThat(dirty.cardinality()).isEqualTo(2048);
  }

  @Test
  void aHostCpuMarksInARingOfItsOwn() {
    TestVm vm = ring(Configs.ept());
    vm.vcpu().mmu().markWritten(vm.hostCpu(), 9);
    assertThat(vm.harvest(0).stream()).containsExactly(9);
  }

  @Test
  void aSlotLoggedToRingsHasNoBitmap() {
    TestVm vm = ring(Configs.ept());
    assertThatThrownBy(() -> vm.getLog(0)).isInstanceOf(IllegalArgumentException.class);
  }

  @Test
  void entriesOfASlotThatIsGoneAreHarmless() {
    TestVm vm = ring(Configs.ept());
    vm.vcpu().write(5, 1);
    vm.mmu().slotChanges().delete(vm.hostCpu(), 0);
    vm.harvest(0);
    vm.addSlot(0, 0, 2, 2048);
    vm.startLog(0);
    vm.vcpu().write(1, 1);
    assertThat(vm.harvest(0).get(1)).isTrue();
    vm.close();
  }

  // --- PML ---

  @ParameterizedTest
  @EnumSource(
      value = MmuKind.class,
      names = {"TDP", "LEGACY_TDP"})
  void theProcessorLogsAPageThatWasReported(MmuKind mmu) {
    TestVm vm = logged(Configs.pml().withMmu(mmu));
    vm.vcpu().write(5, 1);
    vm.getLog(0);
    long faults = vm.stat(Stat.PF_TAKEN);
    vm.vcpu().write(5, 2);
    assertThat(vm.stat(Stat.PF_TAKEN)).isEqualTo(faults);
    assertThat(vm.getLog(0).stream()).containsExactly(5);
    assertThat(vm.stat(Stat.PML_ENTRIES)).isEqualTo(1);
  }

  @Test
  void aGetKicksRunningVcpusSoThatTheirBuffersAreDrained() {
    TestVm vm = logged(Configs.pml());
    vm.vcpu().write(5, 1);
    vm.getLog(0);
    vm.vcpu().write(5, 2);
    assertThat(vm.mmu().rendezvous().isInGuestMode(0)).isTrue();
    assertThat(vm.getLog(0).stream()).containsExactly(5);
  }

  @Test
  void aFullBufferMakesTheVcpuExitAndLosesNothing() {
    TestVm vm = logged(Configs.pml());
    for (long gfn = 0; gfn < 1500; gfn++) {
      vm.vcpu().write(gfn, 1);
    }
    vm.getLog(0);
    for (long gfn = 0; gfn < 1500; gfn++) {
      vm.vcpu().write(gfn, 2);
    }
    assertThat(vm.getLog(0).cardinality()).isEqualTo(1500);
    assertThat(vm.stat(Stat.PML_ENTRIES)).isEqualTo(1500);
  }

  @Test
  void whatTheProcessorLogsOfASlotThatIsNotLoggedIsDropped() {
    TestVm vm = logged(Configs.pml());
    vm.addSlot(1, 4096, 16, 8192);
    vm.vcpu().write(5, 1);
    vm.getLog(0);
    vm.stopLog(0);
    vm.vcpu().write(5, 2);
    vm.vcpu().exit();
    assertThat(vm.stat(Stat.PML_ENTRIES)).isEqualTo(1);
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void withoutAdBitsPmlFallsBackToWriteProtection() {
    TestVm vm = logged(Configs.pml().withAccessedDirty(false));
    assertThat(vm.vcpu().mmu().pml()).isNull();
    vm.vcpu().write(5, 1);
    vm.getLog(0);
    vm.vcpu().write(5, 2);
    assertThat(vm.getLog(0).stream()).containsExactly(5);
  }
}
