package dev.gnomon.machine.fuzz;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.dirty.DirtyFlush;
import dev.gnomon.mmu.root.SpecialRoots;
import java.security.SecureRandom;
import java.util.List;
import org.assertj.core.api.Assertions;
import org.junit.jupiter.api.Test;

/** Random guests for a few seconds; {@code gnomon fuzz} runs them for as long as one likes. */
class FuzzTest {
  private static final long FIXED_SEED = 20_251_121;
  private static final long NANOS = 2_500_000_000L;

  private static final List<FuzzConfig> CONFIGS = FuzzConfig.all();

  @Test
  void guestsOfAFixedSeedSeeWhatTheirTablesSay() {
    run(FIXED_SEED);
  }

  @Test
  void guestsOfAFreshSeedSeeWhatTheirTablesSay() {
    run(new SecureRandom().nextInt(1_000_000_000));
  }

  @Test
  void aPageOf4MiBIsATableOnceThereAreNone() {
    replay(
        "config shadow-32",
        "processor 36 giant no-pse36",
        "boot 1 330",
        "write 406000 8 8ab",
        "write 2838 8 b8c8221b37296d31",
        "modes 1 10b0",
        "read 1810 2");
  }

  @Test
  void pdptesAreLoadedOnlyByTheChangesThatLoadThem() {
    replay(
        "config shadow",
        "processor 36 no-giant no-pse36",
        "boot 2 431",
        "write 40007018 8 13e7f",
        "boot 2 d21",
        "modes 2 19ba");
  }

  @Test
  void aReadByWayOfACachedTableSeesTheAccessedBitsThatItSets() {
    replay(
        "config npt-legacy-32",
        "processor 32 no-giant pse36",
        "boot 2 420 0",
        "write 4000b000 108 ee03",
        "write 4000b008 108 3a1d",
        "log-on 0 0 0",
        "boot 1 712 0",
        "write 40b004 4 bd4f",
        "write 408000 104 b659",
        "write 2818 108 15f0cdb858a11f95",
        "write 408000 104 ed3f",
        "read fff 6 0");
  }

  @Test
  void aWriteThatWentAstrayMayHaveMarkedAnEntryDirty() {
    replay(
        "config npt",
        "processor 36 no-giant pse36",
        "boot 1 1b21 0",
        "write 407000 4 7077",
        "read 1830 8 0",
        "write 407000 4 a73f",
        "write 808 6 1b5b513fa1f7851c");
  }

  @Test
  void aWriteBesideTheEntryThatMapsItMayGoByWhatIsCached() {
    replay(
        "config npt-legacy-32",
        "processor 32 giant no-pse36",
        "boot 1 b28 0",
        "write 406004 4 a9f",
        "write 406000 4 2d127");
  }

  @Test
  void aWalkThroughAReadOnlyTableWithoutAccessedBitsEnds() {
    replay(
        "config shadow",
        "processor 40 no-giant no-pse36",
        "write 402000 8 1c0000000006b53",
        "slot-delete 0 0 0",
        "slot-place 3 0 0",
        "slot-place 0 0 0",
        "boot 1 fb0 0",
        "cr3 402000 0 0",
        "write 1854 7 235e8d7bb06c58b1");
  }

  @Test
  void nestedTablesHaveThePhysicalAddressBitsOfL1() {
    replay(
        "config npt-nested",
        "processor 36 no-giant pse36",
        "boot 1 16b8 0",
        "l2-tables 3 1fd3 0",
        "write 421014 104 23",
        "l2-tables 4 683 2",
        "l2-run 4 683 2",
        "cr3 400002 0 0",
        "write 1000000011000 8 550000000011c06");
  }

  @Test
  void aFetchFromNoAddressHasTheCodeThatTheGuestsRegistersGive() {
    replay(
        "config shadow", "processor 40 no-giant no-pse36", "boot 3 0", "fetch 4000000000000800 8");
  }

  @Test
  void aLocalRootShadowsNoTable() {
    replay("config shadow-local", "processor 36 no-giant pse36", "boot 2 1193 0", "audit");
  }

  @Test
  void whatAnL2OfAnotherFormatHasLeftIsNotGoneBy() {
    replay(
        "config shadow-32-nested",
        "processor 40 no-giant pse36",
        "l2-tables 1 1d98 2",
        "l2-run 1 1d98 2",
        "write 414000 104 4004ff",
        "boot 1 c49 0",
        "l2-run 1 e2a 9",
        "cr3 14000 0 0",
        "write 1ff808 8 7025cb8590377285",
        "l2-run 1 52a 1",
        "cr3 14000 0 0",
        "write 1ff828 108 68c11efe826cde07");
  }

  @Test
  void aWriteOfMmioOnTwoPagesMayHaveMarkedTwoEntriesOfOneWord() {
    replay(
        "config shadow",
        "processor 36 no-giant no-pse36",
        "boot 1 329 0",
        "write 409004 4 40031f",
        "slot-delete 0 0 0",
        "write 406000 104 9a25",
        "boot 1 b03 0",
        "write 409000 4 40082f",
        "write ffe 8 828a1524a91e15c");
  }

  @Test
  void aWriteThatChangesItsOwnTranslationIsWholeAllTheSame() {
    replay(
        "config shadow-5level",
        "processor 40 giant pse36",
        "boot 2 aa8 0",
        "write 40002010 108 cc11",
        "write 40002fff 108 7ead0c5080b37279");
  }

  /** What must be found if fuzzing is worth anything. */
  private static String found(String name, Rules rules) {
    FuzzConfig config = FuzzConfig.find(name).orElseThrow();
    FuzzConfig wrong = new FuzzConfig(name, config.mmu(), config.hostPageLevel(), rules);
    try (Fuzzer fuzzer = new Fuzzer(List.of(wrong))) {
      for (long seed = 1; seed < 20; seed++) {
        Fuzzer.Finding finding = fuzzer.run(seed);
        if (finding != null) {
          return finding.what();
        }
      }
    }
    return "nothing";
  }

  @Test
  void aLogThatDoesNotFlushIsFound() {
    Rules rules = Rules.DEFAULTS.with(Rules.DIRTY_FLUSH, DirtyFlush.NEVER);
    assertThat(found("npt", rules)).contains("be written and not be logged");
  }

  @Test
  void aPerVcpuRootInTheCacheIsFound() {
    Rules rules = Rules.DEFAULTS.with(Rules.SPECIAL_ROOTS, SpecialRoots.PER_VCPU_CACHED);
    assertThat(found("shadow-32", rules)).isNotEqualTo("nothing");
  }

  private static void replay(String... lines) {
    assertThat(Fuzzer.replay(Script.parse("script", List.of(lines)))).isNull();
  }

  private static void run(long first) {
    System.out.println("fuzz: seed " + first);
    long end = System.nanoTime() + NANOS;
    try (Fuzzer fuzzer = new Fuzzer(CONFIGS)) {
      for (long seed = first; System.nanoTime() - end < 0; seed++) {
        Fuzzer.Finding finding = fuzzer.run(seed);
        assertThat(finding == null ? null : finding.what())
            .as("guest of seed %d, %s", seed, finding == null ? "" : configOf(finding))
            .isNull();
      }
      assertThat(fuzzer.operations()).isPositive();
    }
  }

  private static String configOf(Fuzzer.Finding finding) {
    return finding.script().config().name();
  }

  @Test
  void aScriptReadsAsItWasWritten() {
    Script script = ScriptMaker.make(CONFIGS.getFirst(), 1);
    assertThat(Script.parse("script", script.lines())).isEqualTo(script);
  }

  @Test
  void theSameSeedGivesTheSameGuest() {
    FuzzConfig config = CONFIGS.getFirst();
    assertThat(ScriptMaker.make(config, 7)).isEqualTo(ScriptMaker.make(config, 7));
    assertThat(ScriptMaker.make(config, 7)).isNotEqualTo(ScriptMaker.make(config, 8));
  }

  @Test
  void aLineThatMeansNothingIsNamed() {
    Assertions.assertThatThrownBy(() -> Script.parse("script", List.of("config npt", "dance 1")))
        .isInstanceOf(InputException.class)
        .hasMessageStartingWith("script:2: ");
  }
}
