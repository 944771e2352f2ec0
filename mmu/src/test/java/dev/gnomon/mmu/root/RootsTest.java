package dev.gnomon.mmu.root;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.testing.PagedGuest;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.EnumSource.Mode;
import org.junit.jupiter.params.provider.MethodSource;

/** What roots must do, of every shape, under both safe values of {@code special-roots}. */
class RootsTest {
  private static final MmuConfig SHADOW =
      MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.SHADOW).withLevels(5);
  private static final MmuConfig TDP = SHADOW.withLevels(4).withMmu(MmuKind.LEGACY_TDP);

  /** The ignored bits of a PDPTE, which the MMU may use, apart: what the processor reads in it. */
  private static final long PDPTE_BITS = ~SpteFormat.ADDRESS_MASK & ~0xe00L;

  private PagedGuest guest;
  private int loads;

  /** A guest under a configuration and a value of the rule. */
  private record Setup(SpecialRoots rule, MmuConfig config, PagingMode mode) {
    @Override
    public String toString() {
      return rule.label()
          + ", "
          + config.hostBits()
          + "-bit host of "
          + config.levels()
          + " levels, "
          + config.mmu()
          + (config.nested() ? ", NPT of L1 " : ", guest ")
          + mode;
    }
  }

  private static Stream<SpecialRoots> rules() {
    return Stream.of(SpecialRoots.PER_VCPU, SpecialRoots.LOCAL);
  }

  /** The five cases. */
  private static Stream<Setup> special() {
    return Stream.concat(pae(), below());
  }

  /** Row 5: the four entries are below tables of one entry. */
  private static Stream<Setup> below() {
    MmuConfig nested = TDP.withNested(true);
    return rules()
        .flatMap(
            rule ->
                Stream.of(PagingMode.BITS_32, PagingMode.PAE)
                    .flatMap(
                        mode ->
                            Stream.of(
                                new Setup(rule, nested, mode),
                                new Setup(rule, nested.withLevels(5), mode),
                                new Setup(rule, nested.withMmu(MmuKind.TDP), mode))));
  }

  /** Rows 1 to 4: four entries are all there is. */
  private static Stream<Setup> pae() {
    MmuConfig shadow32 = SHADOW.withHostBits(32);
    return rules()
        .flatMap(
            rule ->
                Stream.of(
                    new Setup(rule, SHADOW, PagingMode.NONE),
                    new Setup(rule, shadow32, PagingMode.NONE),
                    new Setup(rule, SHADOW, PagingMode.BITS_32),
                    new Setup(rule, shadow32, PagingMode.BITS_32),
                    new Setup(rule, SHADOW, PagingMode.PAE),
                    new Setup(rule, shadow32, PagingMode.PAE),
                    new Setup(rule, TDP.withHostBits(32), PagingMode.NONE),
                    new Setup(rule, TDP.withHostBits(32), PagingMode.PAE),
                    new Setup(rule, TDP.withHostBits(32).withNested(true), PagingMode.BITS_32),
                    new Setup(rule, TDP.withHostBits(32).withNested(true), PagingMode.PAE)));
  }

  private static Stream<Setup> specialAndShadowed() {
    return special()
        .filter(setup -> setup.mode != PagingMode.NONE)
        .filter(setup -> setup.config.mmu() == MmuKind.SHADOW || setup.config.nested());
  }

  private static Stream<Setup> all() {
    return Stream.concat(
        special(),
        rules()
            .flatMap(
                rule ->
                    Stream.of(
                        new Setup(rule, SHADOW, PagingMode.LEVEL_4),
                        new Setup(rule, SHADOW, PagingMode.LEVEL_5),
                        new Setup(rule, TDP, PagingMode.NONE))));
  }

  private void start(Setup setup) {
    Tracepoints counter =
        new Tracepoints() {
          @Override
          public void rootLoad(Cpu cpu, int vcpu, long hpa, int role) {
            loads++;
          }
        };
    guest =
        new PagedGuest(
            setup.config,
            Rules.DEFAULTS.with(Rules.SPECIAL_ROOTS, setup.rule),
            setup.mode,
            counter);
    for (int space = 0; space < 6; space++) {
      guest.build(space);
    }
    guest.start(0);
  }

  @AfterEach
  void nothingLeaks() {
    if (guest != null) {
      guest.close();
    }
  }

  private void assertAllGiBsAreOf(int space) {
    for (int quarter = 0; quarter < 4; quarter++) {
      assertThat(guest.read(guest.address(quarter)) >>> 12)
          .as("GiB %d", quarter)
          .isEqualTo(guest.hpa(guest.gfn(space, quarter) << 12) >>> 12);
    }
    assertThat(guest.vm().audit()).isEmpty();
  }

  // --- every shape ---

  @ParameterizedTest
  @MethodSource("all")
  void everyGiBIsTranslated(Setup setup) {
    start(setup);
    assertAllGiBsAreOf(0);
  }

  @ParameterizedTest
  @MethodSource("all")
  void aRootThatIsLoadedAgainAfterAnotherTranslatesItsOwn(Setup setup) {
    start(setup);
    for (int space : List.of(0, 1, 0, 2, 1, 0)) {
      guest.load(space);
      assertAllGiBsAreOf(space);
    }
  }

  @ParameterizedTest
  @MethodSource("all")
  void allGoesOnAfterEverythingWasZapped(Setup setup) {
    start(setup);
    assertAllGiBsAreOf(0);
    guest.vm().mmu().zapAll(guest.vm().hostCpu());
    assertThat(guest.vm().audit()).isEmpty();
    assertAllGiBsAreOf(0);
  }

  @ParameterizedTest
  @MethodSource("all")
  void allGoesOnAfterASlotWasAdded(Setup setup) {
    start(setup);
    assertAllGiBsAreOf(0);
    guest.vm().addSlot(9, 0x800, 16, 100_000);
    guest.vm().mmu().slotChanges().delete(guest.vm().hostCpu(), 9);
    assertAllGiBsAreOf(0);
  }

  @ParameterizedTest
  @MethodSource("all")
  void allGoesOnUnderALimitOfPages(Setup setup) {
    start(new Setup(setup.rule, setup.config.withShadowPages(12), setup.mode));
    for (int space : List.of(0, 1, 0, 2)) {
      guest.load(space);
      assertAllGiBsAreOf(space);
    }
  }

  // --- special roots ---

  @ParameterizedTest
  @MethodSource("pae")
  void aPaeRootLiesBelow4GiBAndItsEntriesHoldPresentAlone(Setup setup) {
    start(setup);
    assertThat(guest.mmu().rootLevel()).isEqualTo(3);
    assertThat(guest.mmu().rootHpa()).isLessThan(1L << 32);
    assertThat(guest.mmu().rootHpa() & 31).isZero();
    for (int i = 0; i < 4; i++) {
      long pdpte = guest.vm().memory().getLong(guest.mmu().rootHpa() + 8L * i);
      assertThat(pdpte & PDPTE_BITS).isEqualTo(1);
    }
  }

  @ParameterizedTest
  @MethodSource("below")
  void tablesOfOneEntryStandAboveTheFour(Setup setup) {
    start(setup);
    assertThat(guest.mmu().rootLevel()).isEqualTo(setup.config.levels());
    long table = guest.mmu().rootHpa();
    for (int level = setup.config.levels(); level > 3; level--) {
      assertThat(guest.vm().memory().getLong(table) & 0x27).isEqualTo(0x27);
      assertOthersAreAbsent(table, 1);
      table = guest.vm().memory().getLong(table) & SpteFormat.ADDRESS_MASK;
    }
    for (int i = 0; i < 4; i++) {
      assertThat(guest.vm().memory().getLong(table + 8L * i) & 0x27).isEqualTo(0x27);
    }
    assertOthersAreAbsent(table, 4);
  }

  private void assertOthersAreAbsent(long table, int first) {
    for (int i = first; i < 512; i++) {
      assertThat(guest.vm().memory().getLong(table + 8L * i) & 1).isZero();
    }
  }

  @ParameterizedTest
  @MethodSource("rules")
  void anAbsentEntryOfAPaeRootIs0(SpecialRoots rule) {
    start(new Setup(rule, SHADOW, PagingMode.PAE));
    guest.put(PagedGuest.tables(1) + 16, 0);
    guest.load(1);
    assertThat(guest.vm().memory().getLong(guest.mmu().rootHpa() + 16)).isZero();
    assertThat(guest.read(guest.address(2))).isEqualTo(PagedGuest.REFUSED);
    assertThat(guest.read(guest.address(1))).isPositive();
  }

  @ParameterizedTest
  @MethodSource("rules")
  void eachEntryForATwoLevelGuestIsAnotherQuarterOfItsDirectory(SpecialRoots rule) {
    start(new Setup(rule, SHADOW, PagingMode.BITS_32));
    long root = guest.mmu().rootHpa();
    assertThat(
            Stream.of(0, 1, 2, 3).map(i -> guest.vm().memory().getLong(root + 8L * i)).distinct())
        .hasSize(4);
    assertAllGiBsAreOf(0);
  }

  @ParameterizedTest
  @MethodSource("specialAndShadowed")
  void aSpecialRootIsMadeAnewAtEachLoad(Setup setup) {
    start(setup);
    loads = 0;
    guest.load(1);
    guest.load(0);
    guest.load(1);
    assertThat(loads).isEqualTo(3);
  }

  /** PAE hides it: where the PDPTEs differ the old root is dropped before the cache is asked. */
  @Test
  void aPerVcpuRootInTheCacheTranslatesThroughTheOneLoadedAfterIt() {
    Setup cached = new Setup(SpecialRoots.PER_VCPU_CACHED, SHADOW, PagingMode.BITS_32);
    start(cached);
    assertAllGiBsAreOf(0);
    guest.load(1);
    assertThat(guest.read(guest.address(0)) >>> 12).isEqualTo(dataPfn(1));
    guest.load(0);
    assertThat(guest.read(guest.address(0)) >>> 12)
        .as("A is loaded, B answers")
        .isEqualTo(dataPfn(1))
        .isNotEqualTo(dataPfn(0));
    assertThat(guest.vm().audit())
        .anyMatch(line -> line.startsWith("entry 0 of a root of four does not point at"));
    guest.vm().vcpu().stop();
  }

  private long dataPfn(int space) {
    return guest.hpa(guest.gfn(space, 0) << 12) >>> 12;
  }

  @ParameterizedTest
  @MethodSource("rules")
  void pdptesAreReadWhenCr3IsLoadedAndNotAfter(SpecialRoots rule) {
    start(new Setup(rule, SHADOW, PagingMode.PAE));
    long second = PagedGuest.tables(0) + 8;
    guest.put(second, PagedGuest.tables(1) + 0x2000 | 1);
    assertAllGiBsAreOf(0);
    guest.load(0);
    assertThat(guest.read(guest.address(1)) >>> 12)
        .isEqualTo(guest.hpa(guest.gfn(1, 1) << 12) >>> 12);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void aPdpteWithAReservedBitIsRefusedAndNothingChanges(SpecialRoots rule) {
    start(new Setup(rule, SHADOW, PagingMode.PAE));
    guest.put(PagedGuest.tables(1) + 24, PagedGuest.tables(1) + 0x4000 | 3);
    assertThat(guest.load(1)).isFalse();
    assertAllGiBsAreOf(0);
  }

  @ParameterizedTest
  @MethodSource("rules")
  void theQuartersOfARootThatWereZappedComeBack(SpecialRoots rule) {
    start(new Setup(rule, SHADOW, PagingMode.BITS_32));
    assertAllGiBsAreOf(0);
    // Each write to the directory is one of those that make a flooded page go.
    for (int i = 0; i < 8; i++) {
      guest.mmu().written(guest.cpu(), PagedGuest.tables(0) + 4L * (600 + i), 4);
      assertThat(guest.vm().audit()).isEmpty();
    }
    assertAllGiBsAreOf(0);
  }

  // --- PDPTEs in memory ---

  private static Stream<Setup> nestedPae() {
    return special().filter(each -> each.config.nested() && each.mode == PagingMode.PAE);
  }

  @ParameterizedTest
  @MethodSource("nestedPae")
  void pdptesOfL1AreReadAgainWhenItRunsL2Again(Setup setup) {
    start(setup);
    assertAllGiBsAreOf(0);
    guest.put(PagedGuest.tables(0) + 8, PagedGuest.tables(1) + 0x2000 | 1);
    guest.load(0);
    assertThat(guest.read(guest.address(1)) >>> 12).isEqualTo(pfn(1, 1));
  }

  @ParameterizedTest
  @MethodSource("nestedPae")
  void aPdpteOfL1ThatAppearsIsSeenAtAFaultWithLocalRootsAlone(Setup setup) {
    start(setup);
    long pdpte = PagedGuest.tables(1) + 8;
    guest.put(pdpte, 0);
    guest.load(1);
    assertThat(guest.read(guest.address(1))).isEqualTo(PagedGuest.REFUSED);
    guest.put(pdpte, PagedGuest.tables(1) + 0x2000 | 1);
    boolean isLocal = setup.rule == SpecialRoots.LOCAL;
    long found = guest.read(guest.address(1));
    assertThat(found).isEqualTo(isLocal ? pfn(1, 1) << 12 : PagedGuest.REFUSED);
    guest.load(1);
    assertAllGiBsAreOf(1);
  }

  @ParameterizedTest
  @MethodSource("nestedPae")
  void noTableIsFilledByAPdpteThatItDoesNotBelongTo(Setup setup) {
    start(setup);
    guest.load(1);
    guest.read(guest.address(0));
    guest.load(0);
    guest.read(guest.address(0));
    guest.put(PagedGuest.tables(0) + 8, PagedGuest.tables(1) + 0x2000 | 1);
    guest.read(guest.address(1));
    assertThat(guest.vm().audit()).isEmpty();
    guest.load(1);
    assertAllGiBsAreOf(1);
    guest.load(2);
    assertAllGiBsAreOf(2);
  }

  private long pfn(int space, int quarter) {
    return guest.hpa(guest.gfn(space, quarter) << 12) >>> 12;
  }

  // --- roots outside memory ---

  @ParameterizedTest
  @EnumSource(value = PagingMode.class, mode = Mode.EXCLUDE, names = "NONE")
  void aRootOutsideAllSlotsHasTheGuestFaultAndIsNotKept(PagingMode mode) {
    start(new Setup(SpecialRoots.PER_VCPU, SHADOW, mode));
    long outside = 0x4000_0000L;
    guest.loadCr3(outside, false);
    assertThat(guest.read(guest.address(0))).isEqualTo(PagedGuest.REFUSED);
    for (int i = 0; i < 512; i++) {
      assertThat(guest.vm().memory().getLong(guest.mmu().rootHpa() + 8L * i)).isZero();
    }
    loads = 0;
    guest.load(0);
    guest.loadCr3(outside, false);
    assertThat(guest.read(guest.address(0))).isEqualTo(PagedGuest.REFUSED);
    guest.load(0);
    assertAllGiBsAreOf(0);
    assertThat(loads).isGreaterThan(0);
  }

  @Test
  void aSlotThatAppearsUnderARootOutsideAllSlotsIsFound() {
    start(new Setup(SpecialRoots.PER_VCPU, SHADOW, PagingMode.LEVEL_4));
    guest.loadCr3(0x400000, false);
    assertThat(guest.read(guest.address(0))).isEqualTo(PagedGuest.REFUSED);
    guest.vm().addSlot(5, 0x400, 1, 4096 + (PagedGuest.tables(1) >>> 12));
    assertThat(guest.read(guest.address(0)) >>> 12).isEqualTo(dataPfn(1));
  }

  @ParameterizedTest
  @MethodSource("rules")
  void aSlotThatAppearsUnderAPdpteIsFound(SpecialRoots rule) {
    start(new Setup(rule, SHADOW, PagingMode.PAE));
    guest.put(PagedGuest.tables(1) + 8, 0x400001);
    guest.load(1);
    assertThat(guest.read(guest.address(1))).isEqualTo(PagedGuest.REFUSED);
    guest.vm().addSlot(5, 0x400, 1, 4096 + (PagedGuest.tables(2) + 0x2000 >>> 12));
    assertThat(guest.read(guest.address(1)) >>> 12)
        .isEqualTo(guest.hpa(guest.gfn(2, 1) << 12) >>> 12);
  }

  // --- the cache ---

  @ParameterizedTest
  @MethodSource("rules")
  void fourRootsAreKeptTheCurrentOneAmongThem(SpecialRoots rule) {
    start(new Setup(rule, SHADOW, PagingMode.LEVEL_4));
    for (int space = 1; space < 4; space++) {
      guest.load(space);
    }
    loads = 0;
    for (int space : List.of(0, 1, 2, 3, 0)) {
      guest.load(space);
      assertAllGiBsAreOf(space);
    }
    assertThat(loads).isZero();
    guest.load(4);
    assertThat(loads).isEqualTo(1);
    guest.load(1);
    assertThat(loads).as("1 was the least recent").isEqualTo(2);
    guest.load(0);
    assertThat(loads).isEqualTo(2);
  }

  @Test
  void aDirectRootIsTheSameWhateverTheGuestLoads() {
    start(new Setup(SpecialRoots.PER_VCPU, TDP, PagingMode.LEVEL_4));
    loads = 0;
    guest.load(1);
    guest.load(2);
    assertThat(loads).isZero();
  }

  @Test
  void aKeptRootThatIsObsoleteIsDropped() {
    start(new Setup(SpecialRoots.PER_VCPU, SHADOW, PagingMode.LEVEL_4));
    guest.load(1);
    guest.vm().addSlot(9, 0x800, 16, 100_000);
    guest.vm().mmu().slotChanges().delete(guest.vm().hostCpu(), 9);
    loads = 0;
    guest.load(0);
    guest.load(1);
    assertThat(loads).isEqualTo(2);
    assertAllGiBsAreOf(1);
  }

  // --- what the guest flushes ---

  /** Maps the first GiB's page of space 0 to the page of space 5, writing through space 1. */
  private void remapBehindItsBack(int pcid) {
    assertAllGiBsAreOf(0);
    guest.loadCr3(PagedGuest.tables(1) | pcid, pcid != 0);
    long table = PagedGuest.lastTable(0, 0);
    guest.put(PagedGuest.lastTable(1, 1), table | 7);
    guest.write(guest.address(1), guest.gfn(5, 0) << 12 | 7);
  }

  @Test
  void aKeptRootIsSynchronisedBeforeItIsUsed() {
    start(new Setup(SpecialRoots.PER_VCPU, SHADOW, PagingMode.LEVEL_4));
    remapBehindItsBack(0);
    guest.load(0);
    assertThat(guest.read(guest.address(0)) >>> 12).isEqualTo(dataPfn(5));
  }

  @Test
  void aKeptRootIsNotSynchronisedIfTheGuestSaysThatItNeedNot() {
    start(new Setup(SpecialRoots.PER_VCPU, SHADOW, PagingMode.LEVEL_4));
    guest.setCr4(ControlBits.CR4_PCIDE);
    remapBehindItsBack(2);
    guest.loadCr3(PagedGuest.tables(0), true);
    assertThat(guest.read(guest.address(0)) >>> 12).isEqualTo(dataPfn(0));
    loads = 0;
    guest.loadCr3(PagedGuest.tables(0), false);
    assertThat(guest.read(guest.address(0)) >>> 12).isEqualTo(dataPfn(5));
    assertThat(loads).isZero();
  }

  @Test
  void aFlushOfAllFreesKeptRootsThatAreOutOfStepAndNoOthers() {
    start(new Setup(SpecialRoots.PER_VCPU, SHADOW, PagingMode.LEVEL_4));
    guest.load(2);
    guest.load(0);
    remapBehindItsBack(0);
    guest.mmu().flushedAll(guest.cpu());
    loads = 0;
    guest.load(2);
    assertThat(loads).isZero();
    guest.load(0);
    assertThat(loads).isEqualTo(1);
    assertThat(guest.read(guest.address(0)) >>> 12).isEqualTo(dataPfn(5));
  }

  @Test
  void aFlushOfAPcidFreesItsKeptRootsAndNoOthers() {
    start(new Setup(SpecialRoots.PER_VCPU, SHADOW, PagingMode.LEVEL_4));
    guest.setCr4(ControlBits.CR4_PCIDE);
    for (int space = 0; space < 3; space++) {
      guest.loadCr3(PagedGuest.tables(space) | space + 1, true);
    }
    guest.mmu().flushedContext(guest.cpu(), 1);
    loads = 0;
    guest.loadCr3(PagedGuest.tables(1) | 2, true);
    assertThat(loads).isZero();
    guest.loadCr3(PagedGuest.tables(0) | 1, true);
    assertThat(loads).isEqualTo(1);
  }

  @Test
  void oneInvalidatedAddressIsBroughtIntoStepUnderKeptRootsToo() {
    start(new Setup(SpecialRoots.PER_VCPU, SHADOW, PagingMode.LEVEL_4));
    guest.setCr4(ControlBits.CR4_PCIDE);
    remapBehindItsBack(2);
    guest.mmu().invalidateAddress(guest.cpu(), guest.address(0));
    guest.loadCr3(PagedGuest.tables(0), true);
    assertThat(guest.read(guest.address(0)) >>> 12).isEqualTo(dataPfn(5));
  }
}
