package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;
import java.util.Objects;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class NestedWalkerTest {
  private static final long PAGE = 0x5000;
  private static final MmuConfig EPT = MmuConfig.of(TdpKind.EPT, 1);

  static Stream<MmuConfig> withAccessedDirty() {
    return Stream.of(EPT, MmuConfig.of(TdpKind.NPT, 1), EPT.withLevels(5));
  }

  /** The page is mapped, with A and D clear; the vCPU knows nothing of it. */
  private static ProcessorRig mapped(MmuConfig config) {
    ProcessorRig rig = new ProcessorRig(config, TlbConfig.SMALL);
    rig.vcpu.writeLong(PAGE, 1);
    rig.vcpu.leaveGuest();
    rig.vcpu.enterGuest();
    rig.clear(PAGE, rig.format().accessedBit() | rig.format().dirtyBit());
    return rig;
  }

  private static NestedWalker walker(ProcessorRig rig) {
    return new NestedWalker(
        rig.vcpu.cpu(), rig.memory, rig.format(), rig.vm.mmu().vcpu(0), TlbConfig.SMALL);
  }

  private static long bits(ProcessorRig rig) {
    return rig.spte(PAGE) & (rig.format().accessedBit() | rig.format().dirtyBit());
  }

  @ParameterizedTest
  @MethodSource("withAccessedDirty")
  void aReadSetsAccessedAndAWriteDirtyToo(MmuConfig config) {
    try (ProcessorRig rig = mapped(config)) {
      NestedWalker walker = walker(rig);
      long read = walker.translate(PAGE, false, false);
      assertThat(bits(rig)).isEqualTo(rig.format().accessedBit());
      assertThat(read & Translation.DIRTY).isZero();
      long written = walker.translate(PAGE, true, false);
      assertThat(bits(rig)).isEqualTo(rig.format().accessedBit() | rig.format().dirtyBit());
      assertThat(written & Translation.DIRTY).isNotZero();
      assertThat(Translation.page(written))
          .isEqualTo(PhysicalMemory.hpa(SpteFormat.pfn(rig.spte(PAGE))));
      assertThat(Translation.level(written)).isEqualTo(PageLevel.LEVEL_4K);
    }
  }

  @Test
  void withoutAccessedAndDirtyNothingIsSet() {
    try (ProcessorRig rig = mapped(EPT.withAccessedDirty(false))) {
      long before = rig.spte(PAGE);
      assertThat(walker(rig).translate(PAGE, true, false) & Translation.DIRTY).isNotZero();
      assertThat(rig.spte(PAGE)).isEqualTo(before);
    }
  }

  @ParameterizedTest
  @MethodSource("withAccessedDirty")
  void whatIsCachedIsNotLookedUpAgain(MmuConfig config) {
    try (ProcessorRig rig = mapped(config)) {
      NestedWalker walker = walker(rig);
      walker.translate(PAGE, false, false);
      assertThat(walker.loads()).isEqualTo(config.levels());
      walker.translate(PAGE, false, false);
      assertThat(walker.loads()).isEqualTo(config.levels());
      walker.translate(PAGE + 0x1000, false, false);
      assertThat(walker.loads()).as("from the table of level 1").isEqualTo(config.levels() + 1);
    }
  }

  @ParameterizedTest
  @MethodSource("withAccessedDirty")
  void whatIsMissingOrForbiddenFaults(MmuConfig config) {
    try (ProcessorRig rig = mapped(config)) {
      NestedWalker walker = walker(rig);
      rig.clear(PAGE, SpteFormat.WRITABLE);
      assertThat(walker.translate(PAGE, true, false)).isZero();
      assertThat(walker.faultGpa()).isEqualTo(PAGE);
      assertThat(walker.faultCode())
          .isEqualTo(FaultCode.PRESENT | FaultCode.WRITE | FaultCode.USER);
      assertThat(bits(rig)).as("a walk that faults sets nothing").isZero();
      rig.memory.setLong(rig.sptep(PAGE, 1), SpteFormat.NON_PRESENT);
      assertThat(walker.translate(PAGE, false, true)).isZero();
      assertThat(walker.faultCode()).isEqualTo(FaultCode.FETCH | FaultCode.USER);
    }
  }

  @Test
  void anEntryThatIsWritableButNotReadableIsMisconfigured() {
    try (ProcessorRig rig = mapped(EPT)) {
      rig.clear(PAGE, 1);
      NestedWalker walker = walker(rig);
      assertThat(walker.translate(PAGE, false, false)).isZero();
      assertThat(walker.faultCode())
          .isEqualTo(FaultCode.PRESENT | FaultCode.RESERVED | FaultCode.USER);
    }
  }

  @Test
  void aReservedBitIsToldFromAMissingRight() {
    try (ProcessorRig rig = mapped(MmuConfig.of(TdpKind.NPT, 1))) {
      rig.memory.getAndOrLong(rig.sptep(PAGE, 1), 1L << 50);
      NestedWalker walker = walker(rig);
      assertThat(walker.translate(PAGE, true, false)).isZero();
      assertThat(walker.faultCode() & FaultCode.RESERVED).isNotZero();
    }
  }

  @Test
  void aDirtyBitThatIsSetIsLoggedOnceAndAFullLogComesFirst() {
    try (ProcessorRig rig = mapped(EPT.withDirtyLog(DirtyLogKind.PML))) {
      PmlBuffer pml = Objects.requireNonNull(rig.vm.mmu().vcpu(0).pml());
      NestedWalker walker = walker(rig);
      for (int i = 0; i < PmlBuffer.ENTRIES; i++) {
        assertThat(pml.isFull()).isFalse();
        pml.log(0);
      }
      assertThat(walker.translate(PAGE, true, false)).isZero();
      assertThat(walker.isPmlFull()).isTrue();
      assertThat(bits(rig)).isZero();
      rig.vcpu.leaveGuest();
      assertThat(walker.translate(PAGE, true, false)).isNotZero();
      walker.translate(PAGE, true, false);
      for (int i = 1; i < PmlBuffer.ENTRIES; i++) {
        assertThat(pml.isFull()).isFalse();
        pml.log(0);
      }
      assertThat(pml.isFull()).isTrue();
    }
  }

  @ParameterizedTest
  @MethodSource("withAccessedDirty")
  void aWalkGoesOnFromATableThatWasUnlinkedUntilItIsDropped(MmuConfig config) {
    try (ProcessorRig rig = mapped(config)) {
      NestedWalker walker = walker(rig);
      walker.translate(PAGE, false, false);
      rig.memory.setLong(rig.sptep(PAGE, PageLevel.LEVEL_2M), SpteFormat.NON_PRESENT);
      assertThat(walker.translate(PAGE, true, false)).isNotZero();
      walker.dropFaulting(PAGE);
      assertThat(walker.translate(PAGE, true, false)).isZero();
    }
  }
}
