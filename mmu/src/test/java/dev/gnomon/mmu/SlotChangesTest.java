package dev.gnomon.mmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVcpu.Outcome;
import dev.gnomon.mmu.testing.TestVm;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class SlotChangesTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";

  private static TestVm vm(MmuConfig config) {
    TestVm vm = new TestVm(config);
    vm.addSlot(0, 0, 1024, 1024);
    for (int i = 0; i < vm.vcpus(); i++) {
      vm.vcpu(i).tlbHolds(() -> true);
    }
    return vm;
  }

  private static SlotChanges changes(TestVm vm) {
    return vm.mmu().slotChanges();
  }

  private static long generation(TestVm vm) {
    return vm.mmu().memslots().current().generation();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aDeletedSlotIsMmioAtOnceForEveryVcpu(MmuConfig config) {
    TestVm vm = vm(MmuConfig.of(config.tdp(), 2).withAccessedDirty(config.accessedDirty()));
    vm.vcpu(0).write(5, 1);
    vm.vcpu(1).read(5);
    changes(vm).delete(vm.hostCpu(), 0);
    assertThat(vm.vcpu(0).read(5)).isEqualTo(Outcome.EMULATE);
    assertThat(vm.vcpu(1).read(5)).isEqualTo(Outcome.EMULATE);
    vm.close();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aMovedSlotShowsTheSameMemoryElsewhere(MmuConfig config) {
    TestVm vm = vm(config);
    vm.vcpu().write(5, 7);
    changes(vm).move(vm.hostCpu(), 0, 4096);
    assertThat(vm.vcpu().read(5)).isEqualTo(Outcome.EMULATE);
    assertThat(vm.vcpu().read(4096 + 5)).isEqualTo(Outcome.DONE);
    assertThat(vm.vcpu().value()).isEqualTo(7);
    vm.close();
  }

  @Test
  void addingExchangesTheSlotsOnceDeletingAndMovingTwice() {
    TestVm vm = vm(Configs.ept());
    long before = generation(vm);
    vm.addSlot(1, 8192, 16, 8192);
    assertThat(generation(vm)).isEqualTo(before + 2);
    changes(vm).move(vm.hostCpu(), 1, 9000);
    assertThat(generation(vm)).isEqualTo(before + 6);
    changes(vm).delete(vm.hostCpu(), 1);
    assertThat(generation(vm)).isEqualTo(before + 10);
  }

  @Test
  void aSlotMayMoveOverItsOwnPlace() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().write(5, 7);
    changes(vm).move(vm.hostCpu(), 0, 512);
    vm.vcpu().read(512 + 5);
    assertThat(vm.vcpu().value()).isEqualTo(7);
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void aMoveOverAnotherSlotIsRefusedAndTheSlotStays() {
    TestVm vm = vm(Configs.ept());
    vm.addSlot(1, 4096, 16, 8192);
    vm.vcpu().write(5, 7);
    assertThatThrownBy(() -> changes(vm).move(vm.hostCpu(), 0, 4000))
        .isInstanceOf(IllegalArgumentException.class);
    assertThat(vm.vcpu().read(5)).isEqualTo(Outcome.DONE);
    assertThat(vm.vcpu().value()).isEqualTo(7);
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void aNumberThatIsTakenAndASlotThatIsNotThereAreRefusedAndNoLockIsHeld() {
    TestVm vm = vm(Configs.ept());
    assertThatThrownBy(() -> vm.addSlot(0, 9000, 1, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> vm.addSlot(1, 1000, 100, 0))
        .isInstanceOf(IllegalArgumentException.class);
    assertThatThrownBy(() -> changes(vm).delete(vm.hostCpu(), 7))
        .isInstanceOf(IllegalArgumentException.class);
    vm.addSlot(1, 9000, 1, 0);
  }

  @Test
  void zappingAllGivesEveryVcpuANewRoot() {
    TestVm vm = vm(MmuConfig.of(TdpKind.EPT, 2));
    vm.vcpu(0).read(5);
    vm.vcpu(1).read(5);
    long old = vm.vcpu(0).mmu().rootHpa();
    changes(vm).zapAllFast(vm.hostCpu());
    vm.vcpu(0).read(5);
    vm.vcpu(1).read(5);
    assertThat(vm.vcpu(0).mmu().rootHpa()).isNotEqualTo(old);
    assertThat(vm.vcpu(1).mmu().rootHpa()).isEqualTo(vm.vcpu(0).mmu().rootHpa());
  }

  @Test
  void zappingAllEmptiesTheOldRootWhileVcpusStillHaveIt() {
    TestVm vm = vm(Configs.ept());
    vm.host().preferLevel(2);
    vm.vcpu().write(5, 1);
    vm.host().preferLevel(1);
    vm.vcpu().write(600, 1);
    vm.vcpu().read(100_000);
    changes(vm).zapAllFast(vm.hostCpu());
    assertThat(vm.stat(Stat.PAGES_2M)).isZero();
    assertThat(vm.stat(Stat.PAGES_4K)).isZero();
    assertThat(vm.stat(Stat.MMU_PAGE_TABLES)).isEqualTo(1);
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void zappingAllNeedsNoFlushBeyondTheNewRoot() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().write(5, 1);
    long flushes = vm.stat(Stat.REMOTE_TLB_FLUSH);
    changes(vm).zapAllFast(vm.hostCpu());
    assertThat(vm.stat(Stat.REMOTE_TLB_FLUSH)).isEqualTo(flushes);
  }

  @Test
  void anInvalidRootWhoseVcpuSleepsKeepsNothingFromTheHost() {
    TestVm vm = vm(Configs.ept());
    vm.vcpu().write(5, 1);
    vm.vcpu().exit();
    changes(vm).zapAllFast(vm.hostCpu());
    vm.host().reclaim(1024 + 5);
    vm.vcpu().read(5);
    assertThat(vm.vcpu().value()).isEqualTo(1);
    vm.close();
  }

  @Test
  void whenTheGenerationWrapsNoMarkOfTheOldRoundIsTrusted() {
    TestVm vm = vm(Configs.ept());
    vm.addSlot(1, 9000, 1, 9000);
    vm.vcpu().read(5000);
    vm.vcpu().exit();
    long oldRoot = vm.vcpu().mmu().rootHpa();
    long wrapped = generation(vm) + MmioSpte.GENERATION_MASK + 1;
    for (long i = 0; i < wrapped / 4 + 1; i++) {
      changes(vm).startDirtyLog(vm.hostCpu(), 1);
      changes(vm).stopDirtyLog(vm.hostCpu(), 1);
    }
    assertThat(generation(vm)).isGreaterThan(wrapped);
    vm.vcpu().enter();
    assertThat(vm.vcpu().mmu().rootHpa()).isNotEqualTo(oldRoot);
    assertThat(vm.vcpu().walks(5, AccessKind.READ)).isFalse();
    vm.close();
  }

  @Test
  void whenTheGenerationWrapsTheOldRoundsMarksAreGoneBeforeAnyMarkIsTrustedAgain() {
    AtomicReference<TestVm> made = new AtomicReference<>();
    List<Boolean> wereExchanging = new ArrayList<>();
    Tracepoints zaps =
        new Tracepoints() {
          @Override
          public void kvmTdpMmuSpteChanged(
              Cpu cpu, int asId, long gfn, int level, long oldSpte, long newSpte) {
            if (SpteFormat.isNonPresent(newSpte)) {
              wereExchanging.add(made.get().mmu().memslots().isExchanging());
            }
          }
        };
    TestVm vm = new TestVm(Configs.ept(), Rules.DEFAULTS, zaps);
    made.set(vm);
    vm.addSlot(1, 9000, 1, 9000);
    vm.vcpu().read(5000);
    vm.vcpu().exit();
    for (long i = 0; i <= MmioSpte.GENERATION_MASK / 4; i++) {
      changes(vm).startDirtyLog(vm.hostCpu(), 1);
      changes(vm).stopDirtyLog(vm.hostCpu(), 1);
    }
    assertThat(wereExchanging).isNotEmpty().containsOnly(true);
  }

  @Test
  void memoryForWhichTablesHaveNoEntryIsRefused() {
    TestVm vm = vm(MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.LEGACY_TDP).withHostBits(32));
    String refusal = "ends beyond gfn 0xfffff, the last that can be mapped";
    assertThatThrownBy(() -> vm.addSlot(1, 0xfffff, 2, 2048)).hasMessageContaining(refusal);
    assertThatThrownBy(() -> vm.addSlot(1, 0x100000, 1, 2048)).hasMessageContaining(refusal);
    assertThatThrownBy(() -> changes(vm).move(vm.hostCpu(), 0, 0x100000 - 1023))
        .hasMessageContaining(refusal);
    vm.addSlot(1, 0xffffe, 2, 2048);
    vm.close();
  }

  @Test
  void tablesOfFourLevelsEndToo() {
    TestVm vm = vm(MmuConfig.of(TdpKind.EPT, 1));
    assertThatThrownBy(() -> vm.addSlot(1, 1L << 36, 1, 2048))
        .hasMessageContaining("ends beyond gfn 0xfffffffff, the last that can be mapped");
    vm.close();
  }
}
