package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.EptEntry;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.Role;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** L1 runs an L2 without paging, so that its addresses are L2-physical ones, by nested tables. */
class NestedGuestTest {
  private static final long TOP = 0x1000;
  private static final long DATA = 0x40_000;
  private static final long EPT_PAGE = EptEntry.RIGHTS | 6 << 3;
  private static final long EPT_USED = EPT_PAGE | EptEntry.ACCESSED | EptEntry.DIRTY;
  private static final long NPT_USED = 7 | GuestEntry.ACCESSED | GuestEntry.DIRTY;
  private static final MmuConfig EPT = MmuConfig.of(TdpKind.EPT, 1).withNested(true);
  private static final MmuConfig NPT = MmuConfig.of(TdpKind.NPT, 1).withNested(true);

  private final List<NestedViolation> violations = new ArrayList<>();

  private ProcessorRig rig(MmuConfig config) {
    ProcessorRig rig = new ProcessorRig(config, TlbConfig.SMALL);
    for (int page = 0; page < 16; page++) {
      rig.vcpu.writeLong(DATA + 0x1000L * page, 100 + page);
    }
    long table = TOP;
    for (int level = 4; level > 1; level--, table += 0x1000) {
      rig.vcpu.writeLong(table, table + 0x1000 | 7);
    }
    return rig;
  }

  /** Where the entry of a page of L2's is. */
  private static long entry(long ngpa) {
    return TOP + 0x3000 + 8 * (ngpa >>> 12);
  }

  /** Has L1 map a page of L2's when L2 faults there. */
  private void mapOnViolation(ProcessorRig rig, long bits) {
    rig.vcpu
        .nested()
        .onViolation(
            (vcpu, violation) -> {
              violations.add(violation);
              long page = violation.ngpa() & -0x1000L;
              vcpu.writeLong(entry(page), DATA + page | bits);
              vcpu.nested().invalidate();
            });
  }

  private static NestedTables ept(boolean hasAccessedDirty) {
    return NestedTables.Ept.of(TOP, 4, hasAccessedDirty);
  }

  private static NestedTables npt() {
    return NestedMachine.npt(PagingMode.LEVEL_4, TOP, true);
  }

  private static void run(ProcessorRig rig, NestedTables tables) {
    rig.vcpu.nested().run(ControlRegisters.RESET, tables);
  }

  @Test
  void whatL1sEptDoesNotMapIsAViolationAndL2GoesOnWhenL1HasMappedIt() {
    try (ProcessorRig rig = rig(EPT)) {
      mapOnViolation(rig, EPT_PAGE);
      run(rig, ept(true));
      assertThat(rig.vcpu.readLong(0x3000)).isEqualTo(103);
      assertThat(violations)
          .containsExactly(
              new NestedViolation(
                  NestedViolation.Kind.EPT_VIOLATION,
                  0x3000,
                  NestedViolation.EPT_READ
                      | NestedViolation.EPT_ADDRESS_VALID
                      | NestedViolation.EPT_FINAL,
                  0x3000));
      assertThat(rig.vcpu.nested().isRunning()).isTrue();
      assertThat(rig.vm.mmu().statistics().sum(Stat.NESTED_RUN)).isEqualTo(2);
    }
  }

  @Test
  void aNestedPageFaultSaysThatItIsAUserAccessToTheFinalPage() {
    try (ProcessorRig rig = rig(NPT)) {
      mapOnViolation(rig, 7);
      run(rig, npt());
      rig.vcpu.writeLong(0x5000, 1);
      assertThat(violations)
          .containsExactly(
              new NestedViolation(
                  NestedViolation.Kind.NESTED_PAGE_FAULT,
                  0x5000,
                  FaultCode.WRITE | FaultCode.USER | FaultCode.GUEST_FINAL,
                  0x5000));
      assertThat(rig.word(DATA + 0x5000)).isEqualTo(1);
      assertThat(rig.word(entry(0x5000)) & GuestEntry.DIRTY).isNotZero();
    }
  }

  @Test
  void aPageThatL1sNptKeepsFromUsersIsRefusedThoughItWasPrefetched() {
    try (ProcessorRig rig = rig(NPT)) {
      mapOnViolation(rig, NPT_USED);
      rig.vcpu.writeLong(entry(0), DATA | NPT_USED);
      rig.vcpu.writeLong(entry(0x1000), DATA + 0x1000 | NPT_USED & ~GuestEntry.USER);
      run(rig, npt());
      assertThat(rig.vcpu.readLong(0)).isEqualTo(100);
      assertThat(SpteFormat.isShadowPresent(rig.spte(0x1000))).isTrue();
      assertThat(violations).isEmpty();
      assertThat(rig.vcpu.readLong(0x1000)).isEqualTo(101);
      assertThat(violations)
          .extracting(NestedViolation::information)
          .containsExactly(FaultCode.PRESENT | FaultCode.USER | FaultCode.GUEST_FINAL);
    }
  }

  @Test
  void anEntryThatCannotBeIsAMisconfiguration() {
    try (ProcessorRig rig = rig(EPT)) {
      mapOnViolation(rig, EPT_PAGE);
      rig.vcpu.writeLong(entry(0x1000), DATA | EptEntry.WRITE);
      run(rig, ept(true));
      assertThat(rig.vcpu.readLong(0x1000)).isEqualTo(101);
      assertThat(violations)
          .extracting(NestedViolation::kind)
          .containsExactly(NestedViolation.Kind.EPT_MISCONFIGURATION);
    }
  }

  @Test
  void aPageThatMayOnlyBeExecutedIsFetchedAndNotRead() {
    try (ProcessorRig rig = rig(EPT)) {
      mapOnViolation(rig, EPT_PAGE);
      rig.vcpu.writeLong(entry(0x1000), DATA + 0x1000 | EptEntry.EXECUTE | 6 << 3);
      run(rig, ept(false));
      assertThat(rig.vcpu.fetch(0x1000, 8)).isEqualTo(101);
      assertThat(violations).isEmpty();
      assertThat(rig.vcpu.readLong(0x1000)).isEqualTo(101);
      assertThat(violations)
          .extracting(NestedViolation::information)
          .containsExactly(
              NestedViolation.EPT_READ
                  | NestedViolation.EPT_FETCH << NestedViolation.EPT_ALLOWED_SHIFT
                  | NestedViolation.EPT_ADDRESS_VALID
                  | NestedViolation.EPT_FINAL);
    }
  }

  @Test
  void aLevel1TableOfL1sIsWrittenWithoutAnExitAndVisibleAfterInvept() {
    try (ProcessorRig rig = rig(EPT)) {
      rig.vcpu.writeLong(entry(0x1000), DATA + 0x1000 | EPT_USED);
      run(rig, ept(true));
      assertThat(rig.vcpu.readLong(0x1000)).isEqualTo(101);
      rig.vcpu.nested().exit();
      rig.vcpu.writeLong(entry(0x1000), DATA + 0x2000 | EPT_USED);
      assertThat(rig.vm.mmu().statistics().sum(Stat.MMU_UNSYNC)).isEqualTo(1);
      assertThat(rig.vm.mmu().statistics().sum(Stat.MMU_PTE_WRITE)).isZero();
      rig.vcpu.nested().invalidate();
      rig.vcpu.nested().resume();
      assertThat(rig.vcpu.readLong(0x1000)).isEqualTo(102);
    }
  }

  @Test
  void aWriteToAnUpperTableOfL1sIsSeenAtOnce() {
    try (ProcessorRig rig = rig(NPT)) {
      rig.vcpu.writeLong(entry(0x1000), DATA + 0x1000 | NPT_USED);
      run(rig, npt());
      assertThat(rig.vcpu.readLong(0x1000)).isEqualTo(101);
      rig.vcpu.nested().exit();
      rig.vcpu.writeLong(TOP + 0x2000, 0);
      assertThat(rig.vm.mmu().statistics().sum(Stat.MMU_PTE_WRITE)).isEqualTo(1);
      rig.vcpu
          .nested()
          .onViolation(
              (vcpu, violation) -> {
                throw new IllegalArgumentException();
              });
      rig.vcpu.nested().resume();
      assertThatThrownBy(() -> rig.vcpu.readLong(0x1000))
          .isInstanceOf(IllegalArgumentException.class);
      assertThat(rig.vcpu.nested().isRunning()).isFalse();
    }
  }

  @Test
  void withoutAccessedAndDirtyInL1sEptLeavesAreAccessTrackedThoughTheHostHasThem() {
    try (ProcessorRig rig = rig(EPT)) {
      rig.vcpu.writeLong(entry(0x1000), DATA + 0x1000 | EPT_PAGE);
      run(rig, ept(false));
      rig.vcpu.writeLong(0x1000, 7);
      assertThat(rig.format().isAdEnabled(rig.spte(0x1000))).isFalse();
      assertThat(rig.word(entry(0x1000))).isEqualTo(DATA + 0x1000 | EPT_PAGE);
      age(rig, DATA + 0x1000);
      assertThat(rig.format().isAccessTracked(rig.spte(0x1000))).isTrue();
      assertThat(rig.vcpu.readLong(0x1000)).isEqualTo(7);
      assertThat(rig.format().isAccessTracked(rig.spte(0x1000))).isFalse();
    }
  }

  private static void age(ProcessorRig rig, long gpa) {
    rig.vcpu.leaveGuest();
    long hvn = rig.vm.baseHvn() + (gpa >>> 12);
    assertThat(rig.vm.mmu().notifier().clearYoung(rig.vm.hostCpu(0), hvn, hvn + 1)).isTrue();
    rig.vm.mmu().notifier().flush(rig.vm.hostCpu(0));
    rig.vcpu.enterGuest();
  }

  @Test
  void whatL2WritesIsInTheLogByWriteProtectionWhereL1sWritesAreLoggedByD() {
    try (ProcessorRig rig = rig(EPT.withDirtyLog(DirtyLogKind.PML))) {
      rig.vcpu.writeLong(entry(0x1000), DATA + 0x1000 | EPT_USED);
      run(rig, ept(true));
      rig.vcpu.writeLong(0x1000, 7);
      assertThat(SpteFormat.isWriteProtectOnly(rig.spte(0x1000))).isTrue();
      rig.vcpu.leaveGuest();
      Cpu cpu = rig.vm.hostCpu(0);
      rig.vm.mmu().slotChanges().startDirtyLog(cpu, 0);
      rig.vcpu.enterGuest();
      assertThat(SpteFormat.isWritable(rig.spte(0x1000))).isFalse();
      rig.vcpu.writeLong(0x1000, 8);
      rig.vcpu.leaveGuest();
      long[] words = new long[(int) (ProcessorRig.MEMORY >> 12) / Long.SIZE];
      rig.vm.mmu().dirtyLog().get(cpu, 0, words);
      long gfn = DATA + 0x1000 >>> 12;
      assertThat(words[(int) gfn / Long.SIZE] & 1L << gfn).isNotZero();
    }
  }

  @Test
  void aFiveLevelHostStandsOneTableAboveTheFourOfL1() {
    try (ProcessorRig rig = rig(NPT.withLevels(5))) {
      rig.vcpu.writeLong(entry(0x1000), DATA + 0x1000 | NPT_USED);
      run(rig, npt());
      assertThat(rig.vcpu.readLong(0x1000)).isEqualTo(101);
      assertThat(rig.vm.mmu().vcpu(0).rootLevel()).isEqualTo(5);
      assertThat(rig.vcpu.readLong(0x1000)).isEqualTo(101);
    }
  }

  @Test
  void aLargePageOfL1sOverSmallPagesOfTheHostIsMadeOfDirectPages() {
    try (ProcessorRig rig = new ProcessorRig(NPT, TlbConfig.SMALL)) {
      rig.vcpu.writeLong(DATA, 5);
      rig.vcpu.writeLong(TOP, TOP + 0x1000 | 7);
      rig.vcpu.writeLong(TOP + 0x1000, TOP + 0x2000 | 7);
      rig.vcpu.writeLong(TOP + 0x2000, NPT_USED | GuestEntry.LARGE);
      run(rig, npt());
      assertThat(rig.vcpu.readLong(DATA)).isEqualTo(5);
      long spte = rig.memory.getLong(rig.sptep(DATA, PageLevel.LEVEL_2M));
      assertThat(SpteFormat.isTable(spte, PageLevel.LEVEL_2M)).isTrue();
    }
  }

  @Test
  void withoutNestedTablesL2RunsOnARootOfItsOwn() {
    try (ProcessorRig rig = rig(EPT)) {
      run(rig, null);
      assertThat(rig.vcpu.readLong(DATA)).isEqualTo(100);
      assertThat(rig.vm.mmu().rootPages())
          .extracting(page -> Role.isGuestMode(page.role()))
          .containsExactlyInAnyOrder(false, true);
    }
  }

  @Test
  void withoutTwoDimensionalPagingL1IsOfferedNoNestedTables() {
    try (ProcessorRig rig = rig(NPT.withMmu(MmuKind.SHADOW))) {
      assertThat(rig.vcpu.nested().offersTables()).isFalse();
      assertThatThrownBy(() -> run(rig, npt())).isInstanceOf(IllegalStateException.class);
    }
  }
}
