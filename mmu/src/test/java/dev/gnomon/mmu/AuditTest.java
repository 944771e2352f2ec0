package dev.gnomon.mmu;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.spte.MmioSpte;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.testing.Configs;
import dev.gnomon.mmu.testing.TestVm;
import java.util.function.LongUnaryOperator;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** What the audit would not see, no other test would: each invariant is broken by hand once. */
class AuditTest {
  private static final String CONFIGS = "dev.gnomon.mmu.testing.Configs#formats";
  private static final long MMIO_GFN = 5000;

  /** Pages 5 and 6 are mapped small, page 600 large, and {@link #MMIO_GFN} marked. */
  private static TestVm vm(MmuConfig config) {
    TestVm vm = new TestVm(config);
    vm.addSlot(0, 0, 1024, 1024);
    vm.vcpu().write(5, 1);
    vm.vcpu().write(6, 1);
    vm.host().preferLevel(2);
    vm.vcpu().write(600, 1);
    vm.vcpu().read(MMIO_GFN);
    assertThat(vm.audit()).isEmpty();
    return vm;
  }

  private static void corrupt(TestVm vm, long sptep, LongUnaryOperator change) {
    vm.memory().setLong(sptep, change.applyAsLong(vm.memory().getLong(sptep)));
  }

  private static void assertFinds(TestVm vm, String text) {
    assertThat(vm.audit()).anySatisfy(line -> assertThat(line).contains(text));
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void itFindsNothingInASoundVm(MmuConfig config) {
    assertThat(vm(config).audit()).isEmpty();
  }

  @Test
  void itFindsAFrozenEntryThatLasts() {
    TestVm vm = vm(Configs.ept());
    corrupt(vm, vm.sptep(7), old -> SpteFormat.FROZEN);
    assertFinds(vm, "no state that may last");
  }

  @Test
  void itFindsAnEntryOfNoKnownKind() {
    TestVm vm = vm(Configs.ept());
    corrupt(vm, vm.sptep(7), old -> 0);
    assertFinds(vm, "no state that may last");
  }

  @Test
  void itFindsATableInAFrameThatIsNone() {
    TestVm vm = vm(Configs.ept());
    corrupt(vm, vm.sptep(1L << 30, 4), old -> vm.format().table(vm.host().pfnOf(1024 + 5)));
    assertFinds(vm, "points at a frame that is no table");
  }

  @Test
  void itFindsATableLinkedTwice() {
    TestVm vm = vm(Configs.ept());
    corrupt(vm, vm.sptep(1L << 30, 4), old -> vm.memory().getLong(vm.sptep(0, 4)));
    assertFinds(vm, "links a table that is linked already");
  }

  @Test
  void itFindsATableInAnothersPlace() {
    TestVm vm = vm(Configs.ept());
    long here = vm.sptep(0, 4);
    corrupt(vm, vm.sptep(1L << 30, 4), old -> vm.memory().getLong(here));
    corrupt(vm, here, old -> SpteFormat.NON_PRESENT);
    assertFinds(vm, "which belongs elsewhere");
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void itFindsStrayBitsInATableEntry(MmuConfig config) {
    TestVm vm = vm(config);
    corrupt(vm, vm.sptep(5, 2), old -> old | vm.format().mmuWritableBit());
    assertFinds(vm, "has bits that no table entry has");
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void itFindsWritableBitsThatCannotBe(MmuConfig config) {
    TestVm vm = vm(config);
    corrupt(vm, vm.sptep(5), old -> old & ~vm.format().mmuWritableBit());
    assertFinds(vm, "writable bits that cannot be");
  }

  @ParameterizedTest
  @MethodSource(CONFIGS)
  void itFindsReservedBits(MmuConfig config) {
    TestVm vm = vm(config);
    corrupt(vm, vm.sptep(5), old -> old | 1L << 50);
    assertFinds(vm, "reserved bits set");
  }

  @Test
  void itFindsALeafOutsideEverySlot() {
    TestVm vm = vm(Configs.ept());
    corrupt(vm, vm.sptep(MMIO_GFN), old -> vm.spte(5));
    assertFinds(vm, "lies in no slot");
  }

  @Test
  void itFindsALeafOnAnotherFrameThanTheHosts() {
    TestVm vm = vm(Configs.ept());
    corrupt(vm, vm.sptep(5), old -> vm.spte(6));
    assertFinds(vm, "maps what the host does not map there");
  }

  @Test
  void itFindsALeafOnAPageThatTheHostTookAway() {
    TestVm vm = vm(Configs.ept());
    long stale = vm.spte(5);
    vm.host().reclaim(1024 + 5);
    corrupt(vm, vm.sptep(5), old -> stale);
    assertFinds(vm, "maps what the host does not map there");
  }

  @Test
  void itFindsAWritableLeafInAReadOnlySlot() {
    TestVm vm = vm(Configs.ept());
    vm.addReadOnlySlot(1, 2048, 16, 8192);
    vm.vcpu().read(2048);
    long bits = vm.format().hostWritableBit();
    corrupt(vm, vm.sptep(2048), old -> old | bits);
    assertFinds(vm, "may be written, its memory may not");
  }

  @Test
  void itFindsAWritableLeafOverAReadOnlyHostPage() {
    TestVm vm = vm(Configs.ept());
    vm.host().writeProtect(1024 + 5);
    vm.vcpu().read(5);
    corrupt(vm, vm.sptep(5), old -> old | vm.format().hostWritableBit());
    assertFinds(vm, "may be written, its memory may not");
  }

  @Test
  void itFindsALeafLargerThanTheHostsMapping() {
    TestVm vm = vm(Configs.ept());
    long large = vm.spte(600);
    vm.host().remap(1024 + 600, 2, 1);
    vm.vcpu().read(512);
    long pfn = PageLevel.alignUp(vm.host().pfnOf(1024 + 512), 2);
    long at = vm.sptep(600, 2);
    corrupt(vm, at, old -> large & ~SpteFormat.ADDRESS_MASK | pfn << 12);
    assertThat(vm.audit()).isNotEmpty();
  }

  @Test
  void itFindsALargeLeafThatSticksOutOfItsSlot() {
    TestVm vm = new TestVm(Configs.ept());
    vm.addSlot(0, 0, 600, 1024);
    vm.host().preferLevel(2);
    vm.vcpu().read(5);
    vm.vcpu().read(512);
    long large = vm.spte(5);
    long pfn = vm.host().pfnOf(1024 + 512);
    corrupt(vm, vm.sptep(512, 2), old -> large & ~SpteFormat.ADDRESS_MASK | pfn << 12);
    assertFinds(vm, "sticks out of");
  }

  @Test
  void itFindsALargeWritableLeafInALoggedSlot() {
    TestVm vm = vm(Configs.ept());
    vm.startLog(0);
    corrupt(vm, vm.sptep(600), old -> old | SpteFormat.WRITABLE);
    assertFinds(vm, "is large and writable");
  }

  @Test
  void itFindsALargeExecutableLeafUnderTheNxMitigation() {
    TestVm vm = vm(Configs.ept().withNxHugePages(true));
    corrupt(vm, vm.sptep(600), old -> vm.format().withExecute(old, true));
    assertFinds(vm, "is large and executable");
  }

  @ParameterizedTest
  @MethodSource("dev.gnomon.mmu.testing.Configs#formatsAndPml")
  void itFindsAPageThatCanBeWrittenUnlogged(MmuConfig config) {
    TestVm vm = vm(config);
    vm.startLog(0);
    corrupt(vm, vm.sptep(5), old -> old | SpteFormat.WRITABLE | vm.format().dirtyBit());
    assertFinds(vm, "may be written unlogged");
  }

  @Test
  void underPmlAWritablePageWithDClearIsLogged() {
    TestVm vm = vm(Configs.pml());
    vm.startLog(0);
    assertThat(vm.spte(5) & SpteFormat.WRITABLE).isNotZero();
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void itFindsAWriteTrackedPageThatIsMmuWritable() {
    TestVm vm = vm(Configs.ept().withWriteTracking(true));
    vm.mmu().writeTrack(vm.hostCpu(), 5);
    corrupt(vm, vm.sptep(5), old -> old | vm.format().mmuWritableBit());
    assertFinds(vm, "is writable although write-tracked");
  }

  @Test
  void itFindsAMarkOfAnotherGfn() {
    TestVm vm = vm(Configs.ept());
    corrupt(vm, vm.sptep(MMIO_GFN), old -> MmioSpte.make(vm.format(), MMIO_GFN + 1, 2));
    assertFinds(vm, "marks another gfn");
  }

  @Test
  void itFindsACurrentMarkInASlot() {
    TestVm vm = vm(Configs.ept());
    long generation = vm.mmu().memslots().current().generation();
    corrupt(vm, vm.sptep(7), old -> MmioSpte.make(vm.format(), 7, generation));
    assertFinds(vm, "marks MMIO in slot 0");
  }

  @Test
  void itLetsAStaleMarkInASlotPass() {
    TestVm vm = vm(Configs.ept());
    vm.addSlot(1, MMIO_GFN, 16, 8192);
    assertThat(vm.audit()).isEmpty();
  }

  @Test
  void itFindsAPageThatIsCountedAndNotMapped() {
    TestVm vm = vm(Configs.ept());
    corrupt(vm, vm.sptep(5), old -> SpteFormat.NON_PRESENT);
    assertFinds(vm, "pages_4k says 2, there are 1");
  }

  @Test
  void itFindsATableThatIsKnownAndNotLinked() {
    TestVm vm = vm(Configs.ept());
    corrupt(vm, vm.sptep(5, 2), old -> SpteFormat.NON_PRESENT);
    assertFinds(vm, "tables are known");
    assertFinds(vm, "mmu_page_tables says");
  }

  @Test
  void itFindsAGaugeThatIsOff() {
    TestVm vm = vm(Configs.ept());
    vm.mmu().statistics().count(vm.hostCpu(), Stat.PAGES_2M);
    assertFinds(vm, "pages_2m says 2, there are 1");
  }
}
