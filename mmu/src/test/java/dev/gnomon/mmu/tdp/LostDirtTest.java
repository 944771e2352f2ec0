package dev.gnomon.mmu.tdp;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.spte.TdpWrite;
import dev.gnomon.mmu.spte.Volatility;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVcpu.Outcome;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * A write that slips in between the zapper's read of an entry and its store: by a fast page fault,
 * or by the processor's own D. With dirt handed over on clear, the page is lost unless the zapper
 * exchanges.
 */
class LostDirtTest {
  private static final Rules ON_CLEAR = Rules.DEFAULTS.with(Rules.PFN_DIRTY, PfnDirty.ON_CLEAR);

  /**
   * Page 5 holds 1. It was written out, mapped again and protected for the log, and only then did
   * the host forget its dirt: so it is clean behind an entry that a fast fault may make writable.
   */
  private static TestVm vm(MmuConfig config, Rules rules) {
    TestVm vm = new TestVm(config, rules);
    vm.addSlot(0, 0, 64, 1024);
    vm.vcpu().write(5, 1);
    vm.startLog(0);
    vm.host()
        .cleanLate(
            1024 + 5,
            () -> {
              vm.vcpu().read(5);
              vm.getLog(0);
            });
    return vm;
  }

  /**
   * Reclaims page 5 with a write just before the zapper's store; returns what the page holds then.
   */
  private static long reclaimAgainstWrite(TestVm vm) {
    vm.memory()
        .beforeNextWrite(
            vm.sptep(5), () -> assertThat(vm.vcpu().write(5, 2)).isEqualTo(Outcome.DONE));
    vm.host().reclaim(1024 + 5);
    assertThat(vm.memory().hasRaced()).isTrue();
    vm.vcpu().read(5);
    return vm.vcpu().value();
  }

  @ParameterizedTest
  @EnumSource(
      value = Volatility.class,
      names = {"ANY_MMU_WRITABLE", "UNLESS_WRITABLE", "NEEDS_ATOMIC_UPDATE"})
  void theSafeRulesLoseNoWriteThatAFastFaultLetsThrough(Volatility rule) {
    for (MmuConfig config : Configs.formatsAndPml().toList()) {
      TestVm vm = vm(config, ON_CLEAR.with(Rules.VOLATILE, rule));
      assertThat(reclaimAgainstWrite(vm)).as("%s", config).isEqualTo(2);
    }
  }

  @ParameterizedTest
  @EnumSource(
      value = Volatility.class,
      names = {"READONLY_STABLE", "ANY_AD_CLEAR"})
  void takingAReadOnlyEntryForStableLosesTheWriteWithoutAdBits(Volatility rule) {
    TestVm vm = vm(Configs.eptWithoutAd(), ON_CLEAR.with(Rules.VOLATILE, rule));
    assertThat(reclaimAgainstWrite(vm)).isEqualTo(1);
  }

  @Test
  void aPlainStoreLosesTheWriteWithoutAdBits() {
    TestVm vm = vm(Configs.eptWithoutAd(), ON_CLEAR.with(Rules.TDP_WRITE, TdpWrite.PLAIN));
    assertThat(reclaimAgainstWrite(vm)).isEqualTo(1);
  }

  @Test
  void aPlainStoreLosesTheProcessorsDUnderPml() {
    TestVm vm = vm(Configs.pml(), ON_CLEAR.with(Rules.TDP_WRITE, TdpWrite.PLAIN));
    assertThat(reclaimAgainstWrite(vm)).isEqualTo(1);
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.mmu.testing.Configs#formatsAndPml")
  void withoutTheWriteTheCleanPageIsDroppedAndComesBack(MmuConfig config) {
    TestVm vm = vm(config, ON_CLEAR);
    assertThat(vm.host().isDirty(1024 + 5)).isFalse();
    vm.host().reclaim(1024 + 5);
    vm.vcpu().read(5);
    assertThat(vm.vcpu().value()).isEqualTo(1);
  }
}
