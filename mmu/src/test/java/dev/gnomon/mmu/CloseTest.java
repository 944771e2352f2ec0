package dev.gnomon.mmu;

import static org.assertj.core.api.Assertions.assertThatCode;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** {@link TestVm#close} checks that every frame came back, and the platform that none did twice. */
class CloseTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formatsAndPml";

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aVmThatNeverRanGivesAllBack(MmuConfig config) {
    assertThatCode(new TestVm(config)::close).doesNotThrowAnyException();
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void aVmThatRanGivesAllBack(MmuConfig config) {
    TestVm vm = new TestVm(config.withNxHugePages(true));
    vm.addSlot(0, 0, 2048, 2048);
    vm.host().preferLevel(2);
    vm.vcpu().write(5, 1);
    vm.vcpu().fetch(5);
    vm.vcpu().write(600, 1);
    vm.startLog(0);
    vm.vcpu().write(601, 1);
    vm.vcpu().read(99_999);
    vm.stopLog(0);
    vm.mmu().slotChanges().move(vm.hostCpu(), 0, 4096);
    vm.vcpu().write(4096, 1);
    assertThatCode(vm::close).doesNotThrowAnyException();
  }

  @Test
  void aVcpuThatKeptItsRootIsALeakAndFound() {
    TestVm vm = new TestVm(Configs.ept());
    vm.vcpu().mmu().loadRoot(vm.vcpu().cpu());
    vm.vcpu().mmu().loadRoot(vm.vcpu().cpu());
    assertThatThrownBy(vm::close).hasMessageContaining("not given back");
  }
}
