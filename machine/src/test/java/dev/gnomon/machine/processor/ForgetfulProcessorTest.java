package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.tlb.Requests;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** A processor that may have dropped what it holds: nature chooses only where it matters. */
class ForgetfulProcessorTest {
  private static final long PAGE = 0x5000;

  static Stream<MmuConfig> formats() {
    return Stream.of(
        MmuConfig.of(TdpKind.EPT, 1),
        MmuConfig.of(TdpKind.EPT, 1).withLevels(5),
        MmuConfig.of(TdpKind.NPT, 1));
  }

  /** Also with the walk of shadow tables, which has no paging-structure caches. */
  static Stream<MmuConfig> leafFormats() {
    return Stream.concat(
        formats(), Stream.of(MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.SHADOW)));
  }

  /** The page is mapped writable, with A and D set, and so is it known to the processor. */
  private static ProcessorRig written(MmuConfig config) {
    ProcessorRig rig = new ProcessorRig(config, TlbConfig.FORGETFUL);
    rig.vcpu.writeLong(PAGE, 1);
    rig.vcpu.writeLong(PAGE, 2);
    return rig;
  }

  private static long faults(ProcessorRig rig) {
    return rig.vm.mmu().statistics().sum(Stat.PF_TAKEN);
  }

  @ParameterizedTest
  @MethodSource("leafFormats")
  void whatAWalkWouldFindIsUsedWithoutAChoice(MmuConfig config) {
    try (ProcessorRig rig = written(config)) {
      assertThat(rig.vcpu.readLong(PAGE)).isEqualTo(2);
      assertThat(rig.vcpu.fetch(PAGE, 8)).isEqualTo(2);
      assertThat(rig.choices).isEmpty();
      assertThat(faults(rig)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("leafFormats")
  void aZappedLeafMayStillBeThere(MmuConfig config) {
    try (ProcessorRig rig = written(config)) {
      long frame = PhysicalMemory.hpa(SpteFormat.pfn(rig.spte(PAGE)));
      rig.memory.setLong(rig.sptep(PAGE, 1), SpteFormat.NON_PRESENT);
      rig.vcpu.writeLong(PAGE, 3);
      assertThat(rig.choices).containsExactly(2);
      assertThat(rig.memory.getLong(frame)).isEqualTo(3);
      assertThat(faults(rig)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("leafFormats")
  void aZappedLeafMayBeGone(MmuConfig config) {
    try (ProcessorRig rig = written(config)) {
      rig.memory.setLong(rig.sptep(PAGE, 1), SpteFormat.NON_PRESENT);
      rig.chosen.add(1);
      rig.vcpu.writeLong(PAGE, 3);
      assertThat(rig.choices).containsExactly(2);
      assertThat(faults(rig)).isEqualTo(2);
      assertThat(SpteFormat.isShadowPresent(rig.spte(PAGE))).isTrue();
      rig.vcpu.readLong(PAGE);
      assertThat(rig.choices).as("none after the new walk").hasSize(1);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aForgottenTranslationSetsAccessedAgainAndAKnownOneDoesNot(MmuConfig config) {
    try (ProcessorRig rig = written(config)) {
      long accessed = rig.format().accessedBit();
      rig.clear(PAGE, accessed);
      rig.vcpu.readLong(PAGE);
      assertThat(rig.spte(PAGE) & accessed).isZero();
      rig.chosen.add(1);
      rig.vcpu.readLong(PAGE);
      assertThat(rig.spte(PAGE) & accessed).isNotZero();
      rig.vcpu.readLong(PAGE);
      assertThat(rig.choices).containsExactly(2, 2);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aForgottenTranslationSetsDirtyAgainAndAKnownOneDoesNot(MmuConfig config) {
    try (ProcessorRig rig = written(config)) {
      long dirty = rig.format().dirtyBit();
      rig.clear(PAGE, dirty);
      rig.vcpu.writeLong(PAGE, 3);
      assertThat(rig.spte(PAGE) & dirty).isZero();
      rig.chosen.add(1);
      rig.vcpu.writeLong(PAGE, 4);
      assertThat(rig.spte(PAGE) & dirty).isNotZero();
      assertThat(rig.choices).containsExactly(2, 2);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aWalkMayBeginInATableThatWasUnlinked(MmuConfig config) {
    try (ProcessorRig rig = written(config)) {
      long leaf = rig.sptep(PAGE, PageLevel.LEVEL_4K);
      rig.clear(PAGE, rig.format().dirtyBit());
      rig.memory.setLong(rig.sptep(PAGE, PageLevel.LEVEL_2M), SpteFormat.NON_PRESENT);
      rig.chosen.add(1);
      rig.vcpu.writeLong(PAGE, 3);
      assertThat(rig.choices).as("the leaf, the table, neither").containsExactly(3);
      assertThat(rig.memory.getLong(leaf) & rig.format().dirtyBit()).isNotZero();
      assertThat(faults(rig)).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void aWalkMayBeginInAnUpperTableThatWasUnlinked(MmuConfig config) {
    try (ProcessorRig rig = written(config)) {
      long other = PAGE + 0x1000;
      rig.vcpu.writeLong(other, 1);
      long leaf = rig.sptep(other, PageLevel.LEVEL_4K);
      rig.clear(other, rig.format().accessedBit());
      rig.memory.setLong(rig.sptep(PAGE, PageLevel.LEVEL_1G), SpteFormat.NON_PRESENT);
      // The leaf, the lower table, the upper one, none.
      rig.chosen.add(2);
      rig.vcpu.readLong(other);
      assertThat(rig.choices).containsExactly(4);
      assertThat(rig.memory.getLong(leaf) & rig.format().accessedBit()).isNotZero();
    }
  }

  @ParameterizedTest
  @MethodSource("formats")
  void afterAFlushNothingIsThere(MmuConfig config) {
    try (ProcessorRig rig = written(config)) {
      rig.memory.setLong(rig.sptep(PAGE, PageLevel.LEVEL_2M), SpteFormat.NON_PRESENT);
      rig.vm.mmu().rendezvous().request(0, Requests.TLB_FLUSH);
      rig.vcpu.writeLong(PAGE, 3);
      assertThat(rig.choices.stream().filter(n -> n > 1)).isEmpty();
      assertThat(faults(rig)).isEqualTo(2);
    }
  }

  /** A guest that pages: its tables are at 0x10000 and up, and map PAGE at PAGE. */
  private static ProcessorRig paging() {
    ProcessorRig rig = new ProcessorRig(MmuConfig.of(TdpKind.EPT, 1), TlbConfig.FORGETFUL);
    long bits = GuestEntry.PRESENT | GuestEntry.WRITABLE | GuestEntry.ACCESSED | GuestEntry.DIRTY;
    for (int level = 4; level > 1; level--) {
      rig.vcpu.writeLong(table(level) + 8L * PageLevel.index(PAGE, level), table(level - 1) | bits);
    }
    rig.vcpu.writeLong(guestLeaf(), PAGE | bits);
    rig.vcpu.writeLong(PAGE, 1);
    rig.vcpu.load(ControlRegisters.longMode(4, table(4), false));
    rig.vcpu.writeLong(PAGE, 2);
    return rig;
  }

  private static long table(int level) {
    return 0x10000 + (4 - level) * 0x1000L;
  }

  private static long guestLeaf() {
    return table(1) + 8L * PageLevel.index(PAGE, 1);
  }

  @Test
  void aPagingGuestsTranslationThatHasNotChangedIsUsedWithoutAChoice() {
    try (ProcessorRig rig = paging()) {
      rig.choices.clear();
      assertThat(rig.vcpu.readLong(PAGE)).isEqualTo(2);
      assertThat(rig.choices).isEmpty();
    }
  }

  @Test
  void whatAGuestsOwnTablesNoLongerSayMayStillBeThere() {
    try (ProcessorRig rig = paging()) {
      rig.choices.clear();
      long page = PhysicalMemory.hpa(SpteFormat.pfn(rig.spte(guestLeaf())));
      rig.memory.setLong(page + (guestLeaf() & 0xfff), 0);
      assertThat(rig.vcpu.readLong(PAGE)).isEqualTo(2);
      assertThat(rig.choices).containsExactly(2);
      rig.chosen.add(1);
      assertThatExceptionOfType(ProcessorRig.GuestFault.class)
          .isThrownBy(() -> rig.vcpu.readLong(PAGE));
    }
  }

  @Test
  void theMapOfAGuestsTableMayBeStale() {
    try (ProcessorRig rig = paging()) {
      rig.choices.clear();
      // Where the guest's leaf is, the MMU maps nothing any more. Neither its translation nor, when
      // that is forgotten, that of its table need be gone.
      rig.memory.setLong(rig.sptep(guestLeaf(), 1), SpteFormat.NON_PRESENT);
      rig.chosen.add(1);
      rig.chosen.add(0);
      assertThat(rig.vcpu.readLong(PAGE)).isEqualTo(2);
      assertThat(rig.choices).containsExactly(2, 2);
      assertThat(SpteFormat.isShadowPresent(rig.spte(guestLeaf()))).isFalse();
    }
  }
}
