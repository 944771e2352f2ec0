package dev.gnomon.mmu.make;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVm;
import org.junit.jupiter.api.Test;

/** The exact value of what a fault installs, but for the address. */
class MadeEntriesTest {
  private static final long ADDRESS = (1L << 52) - (1L << 12);
  private static final long NX = 1L << 63;

  private static TestVm vm(MmuConfig config, int hostLevel) {
    TestVm vm = new TestVm(config);
    vm.host().preferLevel(hostLevel);
    vm.addSlot(0, 0, 1024, 1024);
    return vm;
  }

  private static long bits(TestVm vm, long gfn) {
    return vm.spte(gfn) & ~ADDRESS;
  }

  private static long afterRead(MmuConfig config, int hostLevel) {
    TestVm vm = vm(config, hostLevel);
    vm.vcpu().read(3);
    return bits(vm, 3);
  }

  @Test
  void aWritableLeafOfNptIsE67() {
    assertThat(afterRead(Configs.npt(), 1)).isEqualTo(0xe67);
  }

  @Test
  void aLargeLeafOfNptIsEe7() {
    assertThat(afterRead(Configs.npt(), 2)).isEqualTo(0xee7);
  }

  @Test
  void aWritableLeafOfEptIsWriteBackIgnoringPatWithAAndDAndTheSoftwareBits() {
    assertThat(afterRead(Configs.ept(), 1)).isEqualTo(3L << 57 | 0xb77);
  }

  @Test
  void aLargeLeafOfEptHasTheLargeBit() {
    assertThat(afterRead(Configs.ept(), 2)).isEqualTo(3L << 57 | 0xbf7);
  }

  @Test
  void aLeafOfEptWithoutAdBitsIsMarkedDisabledAndHasNeither() {
    assertThat(afterRead(Configs.eptWithoutAd(), 1)).isEqualTo(3L << 57 | 1L << 52 | 0x877);
  }

  @Test
  void aLargeLeafUnderTheNxMitigationIsNotExecutable() {
    assertThat(afterRead(Configs.npt().withNxHugePages(true), 2)).isEqualTo(NX | 0xee7);
    assertThat(afterRead(Configs.ept().withNxHugePages(true), 2)).isEqualTo(3L << 57 | 0xbf3);
  }

  @Test
  void aLeafOfAReadOnlySlotHasNoneOfTheWritableBitsAndNoD() {
    TestVm vm = new TestVm(Configs.npt());
    vm.addReadOnlySlot(0, 0, 16, 0);
    vm.vcpu().read(3);
    assertThat(bits(vm, 3)).isEqualTo(0x825);
  }

  @Test
  void aLeafOverAReadOnlyHostPageHasNoneOfTheWritableBitsAndNoD() {
    TestVm vm = vm(Configs.npt(), 1);
    vm.host().write(1024 + 3, 1);
    vm.host().writeProtect(1024 + 3);
    vm.vcpu().read(3);
    assertThat(bits(vm, 3)).isEqualTo(0x825);
  }

  @Test
  void aLeafOfAWriteTrackedGfnIsHostWritableOnly() {
    TestVm vm = vm(Configs.npt().withWriteTracking(true), 1);
    vm.mmu().writeTrack(vm.hostCpu(), 3);
    vm.vcpu().read(3);
    assertThat(bits(vm, 3)).isEqualTo(0xa25);
  }

  @Test
  void aLeafMapsThePfnThatTheHostGave() {
    TestVm vm = vm(Configs.npt(), 1);
    vm.vcpu().read(3);
    assertThat((vm.spte(3) & ADDRESS) >>> 12).isEqualTo(vm.host().pfnOf(1024 + 3));
  }

  @Test
  void aLargeLeafMapsTheFirstPfnOfTheHostsLargePage() {
    TestVm vm = vm(Configs.npt(), 2);
    vm.vcpu().read(3);
    assertThat((vm.spte(3) & ADDRESS) >>> 12).isEqualTo(vm.host().pfnOf(1024));
  }
}
