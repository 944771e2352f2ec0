package dev.gnomon.mmu;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVcpu;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Tables of which only the first few entries are used. */
class FewEntriesTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formatsAndPml";

  private static TestVm vm(MmuConfig config) {
    TestVm vm = new TestVm(config.withTableEntries(8));
    vm.addSlot(0, 0, 1024, 1024);
    return vm;
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aVmWorksAndGivesAllBackAsOneWithAllEntries(MmuConfig config) {
    TestVm vm = vm(config);
    for (long gfn : new long[] {0, 7, 512, 519}) {
      vm.vcpu().write(gfn, gfn + 1);
      vm.vcpu().read(gfn);
      assertThat(vm.vcpu().value()).isEqualTo(gfn + 1);
    }
    vm.startLog(0);
    vm.vcpu().write(7, 8);
    vm.vcpu().exit();
    assertThat(vm.getLog(0).stream()).containsExactly(7);
    vm.host().reclaim(1024 + 512);
    vm.vcpu().read(512);
    assertThat(vm.vcpu().value()).isEqualTo(513);
    vm.close();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aLargePageIsSplitIntoTheEntriesInUseAndComesBack(MmuConfig config) {
    TestVm vm = vm(config);
    vm.host().preferLevel(2);
    vm.vcpu().write(5, 1);
    assertThat(vm.level(5)).isEqualTo(2);
    vm.startLog(0);
    vm.vcpu().write(5, 2);
    assertThat(vm.level(5)).isEqualTo(1);
    assertThat(vm.stat(Stat.PAGES_4K)).isEqualTo(8);
    assertThat(vm.audit()).isEmpty();
    vm.stopLog(0);
    assertThat(vm.level(5)).isEqualTo(2);
    assertThat(vm.audit()).isEmpty();
  }

  @ParameterizedTest
  @ValueSource(longs = {8, 511, 8 * 512})
  void anAccessBeyondThemIsRefused(long gfn) {
    TestVm vm = new TestVm(Configs.ept().withTableEntries(8));
    vm.addSlot(0, 0, 1L << 14, 1L << 14);
    assertThatIllegalArgumentException()
        .isThrownBy(() -> vm.vcpu().write(gfn, 1))
        .withMessageContaining("page " + Long.toHexString(gfn))
        .withMessageContaining("beyond the 8 entries");
  }

  @Test
  void aSlotThatBeginsBeyondThemIsRefused() {
    TestVm vm = vm(Configs.ept());
    assertThatIllegalArgumentException()
        .isThrownBy(() -> vm.addSlot(1, 8 * 512, 8, 4096))
        .withMessageContaining("gfn 1000 lies beyond the 8 entries");
    assertThatIllegalArgumentException()
        .isThrownBy(() -> vm.mmu().slotChanges().move(vm.hostCpu(), 0, 8 * 512));
    vm.addSlot(1, 512 * 512, 8, 4096);
  }

  @Test
  void mmioBeyondThemIsEmulatedWithoutAnEntry() {
    TestVm vm = vm(Configs.ept());
    for (int i = 0; i < 2; i++) {
      assertThat(vm.vcpu().read(8 * 512)).isEqualTo(TestVcpu.Outcome.EMULATE);
    }
    assertThat(vm.stat(Stat.PF_MMIO_SPTE_CREATED)).isZero();
    assertThat(vm.audit()).isEmpty();
    vm.close();
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 4, 12, 1024})
  void anotherNumberThanAPowerOfTwoUpToAllIsNoConfiguration(int entries) {
    assertThatIllegalArgumentException().isThrownBy(() -> Configs.ept().withTableEntries(entries));
  }
}
