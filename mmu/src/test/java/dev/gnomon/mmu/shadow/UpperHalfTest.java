package dev.gnomon.mmu.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The half of the addresses that kernels live in. */
class UpperHalfTest {
  private static final long BASE_HVN = 4096;
  private static final long TOP = 0x1000;

  /** Entry 256 of the top table, and then always the first. */
  @ParameterizedTest
  @ValueSource(ints = {4, 5})
  void anAddressOfTheUpperHalfIsMapped(int levels) {
    MmuConfig config = MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.SHADOW).withLevels(levels);
    TestVm vm = new TestVm(config, Rules.DEFAULTS);
    vm.addSlot(0, 0, 512, BASE_HVN);
    for (int level = levels; level > 0; level--) {
      long table = TOP + 0x1000L * (levels - level);
      put(vm, table + (level == levels ? 8 * 256 : 0), table + 0x1000 | 7);
    }
    VcpuMmu mmu = vm.vcpu().mmu();
    mmu.loadRegisters(vm.vcpu().cpu(), ControlRegisters.longMode(levels, TOP, false));
    mmu.loadRoot(vm.vcpu().cpu());
    long gva = -1L << 9 * levels + 11;
    assertThat(mmu.handleFault(vm.vcpu().cpu(), gva, FaultCode.WRITE)).isEqualTo(FaultResult.FIXED);
    assertThat(vm.audit()).isEmpty();
    vm.vcpu().stop();
    vm.close();
  }

  private static void put(TestVm vm, long gpa, long value) {
    long page = vm.host().resolve(vm.hostCpu(), BASE_HVN + (gpa >>> 12), true);
    vm.memory().setLong(HostPages.pfn(page) << 12 | gpa & 0xfff, value);
  }
}
