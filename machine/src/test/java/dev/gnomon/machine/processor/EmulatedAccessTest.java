package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.SlotRegion;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Guest tables, and words under LOCK, where the MMU lets no access go. */
class EmulatedAccessTest {
  private static final long TOP = 0x10000;
  private static final long LEAF_TABLE = TOP + 0x3000;
  private static final long GVA = 0x40_0000_0000L;
  private static final long PAGE = 0x20000;

  /** Where nothing is, or a read-only slot. */
  private static final long ELSEWHERE = 0x80_0000;

  static Stream<MmuConfig> formats() {
    return Stream.of(
        MmuConfig.of(TdpKind.NPT, 1).withWriteTracking(true),
        MmuConfig.of(TdpKind.EPT, 1).withWriteTracking(true),
        MmuConfig.of(TdpKind.EPT, 1).withAccessedDirty(false).withWriteTracking(true));
  }

  private static ProcessorRig rig(MmuConfig config) {
    ProcessorRig rig = new ProcessorRig(config, TlbConfig.DEFAULT);
    rig.map(TOP, GVA, PAGE, 7);
    rig.vcpu.writeLong(PAGE, 11);
    return rig;
  }

  private static void enter(ProcessorRig rig) {
    rig.vcpu.load(ControlRegisters.longMode(4, TOP, false));
  }

  /** Adds a slot over the memory at LEAF_TABLE, elsewhere. */
  private static void addReadOnlySlot(ProcessorRig rig) {
    long hvn = rig.vm.baseHvn() + PhysicalMemory.pfn(LEAF_TABLE);
    rig.vcpu.leaveGuest();
    rig.vm
        .mmu()
        .slotChanges()
        .add(rig.vm.hostCpu(0), new SlotRegion(5, PhysicalMemory.pfn(ELSEWHERE), 1, hvn, true));
    rig.vcpu.enterGuest();
  }

  private static List<Long> track(ProcessorRig rig, long gpa) {
    List<Long> writes = new ArrayList<>();
    rig.vm.setWriteTracker((cpu, at, size, value) -> writes.add(at));
    rig.vcpu.leaveGuest();
    rig.vm.mmu().writeTrack(rig.vm.hostCpu(0), PhysicalMemory.pfn(gpa));
    rig.vcpu.enterGuest();
    return writes;
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aTableWhereThereIsNoMemoryReadsAsOnes(MmuConfig config) {
    try (ProcessorRig rig = rig(config)) {
      rig.vcpu.writeLong(TOP + 0x2000, ELSEWHERE | 7);
      enter(rig);
      assertThatExceptionOfType(ProcessorRig.GuestFault.class)
          .isThrownBy(() -> rig.vcpu.readLong(GVA))
          .satisfies(fault -> assertThat(fault.code).as("P and RSVD").isEqualTo(9));
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aTableInReadOnlyMemoryIsUsedAndKeepsItsBits(MmuConfig config) {
    try (ProcessorRig rig = rig(config)) {
      addReadOnlySlot(rig);
      rig.vcpu.writeLong(TOP + 0x2000, ELSEWHERE | 7);
      enter(rig);
      assertThat(rig.vcpu.readLong(GVA)).isEqualTo(11);
      rig.vcpu.writeLong(GVA, 12);
      assertThat(rig.vcpu.readLong(GVA)).isEqualTo(12);
      assertThat(rig.word(LEAF_TABLE)).as("no A, no D").isEqualTo(PAGE | 7);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void inATrackedTableAccessedAndDirtyAreSetAndSeen(MmuConfig config) {
    try (ProcessorRig rig = rig(config)) {
      List<Long> writes = track(rig, LEAF_TABLE);
      enter(rig);
      rig.vcpu.writeLong(GVA, 12);
      assertThat(rig.word(LEAF_TABLE)).isEqualTo(PAGE | 7 | GuestEntry.ACCESSED | GuestEntry.DIRTY);
      assertThat(writes).containsOnly(LEAF_TABLE);
      assertThat(rig.word(PAGE)).isEqualTo(12);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aLockedUpdateOfTrackedMemoryIsDoneAndSeen(MmuConfig config) {
    try (ProcessorRig rig = rig(config)) {
      List<Long> writes = track(rig, PAGE);
      assertThat(rig.vcpu.locked().fetchAndAdd(PAGE, 4, 5)).isEqualTo(11);
      assertThat(rig.vcpu.locked().compareAndExchange(PAGE, 8, 16, 17)).isEqualTo(16);
      assertThat(rig.vcpu.locked().compareAndExchange(PAGE, 8, 16, 18)).isEqualTo(17);
      assertThat(rig.word(PAGE)).isEqualTo(17);
      assertThat(writes).containsOnly(PAGE);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void anUnalignedWriteOfTrackedMemoryIsDoneAndSeenAsOne(MmuConfig config) {
    try (ProcessorRig rig = rig(config)) {
      List<Long> writes = track(rig, PAGE);
      assertThat(rig.vcpu.writable(PAGE + 3)).isNegative();
      rig.vcpu.emulateWrite(6, 0x060504030201L);
      assertThat(rig.vcpu.read(PAGE + 3, 6)).isEqualTo(0x060504030201L);
      assertThat(rig.word(PAGE)).isEqualTo(0x050403020100000bL);
      assertThat(writes).containsExactly(PAGE + 3);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aLockedUpdateOfADeviceReadsThenWrites(MmuConfig config) {
    try (ProcessorRig rig = rig(config)) {
      assertThat(rig.vcpu.locked().fetchAndAdd(ELSEWHERE, 4, 5)).isEqualTo(0xffff_ffffL);
      assertThat(rig.vcpu.locked().exchange(ELSEWHERE + 0xfff, 2, 5) & 0xff).isEqualTo(0xff);
    }
  }
}
