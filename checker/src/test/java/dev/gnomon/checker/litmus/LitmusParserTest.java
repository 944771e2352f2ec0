package dev.gnomon.checker.litmus;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.spte.PfnDirty;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a litmus file may look like, and how a mistake in one is reported. */
class LitmusParserTest {
  private static final String HEAD = "# A race.\n#\n# At length.\n";
  private static final String THREADS = "vcpu 0 | host 0\nwrite 0x1000 1 | evict 0x1000\n";

  private static Litmus parse(String... lines) {
    return Litmus.parse("dir/race.litmus", String.join("\n", lines));
  }

  @Test
  void theCommentAtTheHeadIsItsProse() {
    Litmus litmus =
        parse("# A race.", "#", "#   At length.", "", "# No prose.", THREADS, "expect: safe");
    assertThat(litmus.title()).isEqualTo("A race.");
    assertThat(litmus.prose()).containsExactly("A race.", "", "At length.");
    assertThat(litmus.name()).isEqualTo("race");
    assertThat(litmus.threads()).isEqualTo(2);
  }

  @Test
  void whatItDoesNotSayIsAtItsDefault() {
    Litmus litmus = parse(HEAD, THREADS, "expect: safe");
    assertThat(litmus.conditions()).isEqualTo(Conditions.DEFAULT);
    assertThat(litmus.rules().describe()).isEmpty();
  }

  @Test
  void settingsOfTheExplorationStandBesideThoseOfTheMachine() {
    Litmus litmus =
        parse(
            HEAD,
            "memory 32K",
            "memory-model tso",
            "speculation on",
            "table-entries 8",
            "tlb-drops on",
            "locks words",
            "rule pfn-dirty=on-clear",
            THREADS,
            "expect: safe");
    assertThat(litmus.conditions())
        .isEqualTo(new Conditions(MemoryModel.TSO, true, true, Conditions.Locks.WORDS));
    assertThat(litmus.script().vmConfig().mmu().tableEntries()).isEqualTo(8);
    assertThat(litmus.rules().get(Rules.PFN_DIRTY)).isEqualTo(PfnDirty.ON_CLEAR);
  }

  @Test
  void aLineWithSeveralValuesIsACaseForEachChoice() {
    Litmus litmus =
        parse(
            HEAD,
            THREADS,
            "expect:",
            "  safe",
            "  volatile=any-ad-clear,unless-writable pfn-dirty=on-clear,at-creation safe",
            "  tdp-write=plain violated no-write-lost or structure");
    assertThat(litmus.cases().stream().map(LitmusCase::describe))
        .containsExactly(
            "",
            "volatile=any-ad-clear pfn-dirty=on-clear",
            "volatile=any-ad-clear pfn-dirty=at-creation",
            "volatile=unless-writable pfn-dirty=on-clear",
            "volatile=unless-writable pfn-dirty=at-creation",
            "tdp-write=plain");
    LitmusCase plain = litmus.cases().getLast();
    assertThat(plain.rule()).isEqualTo("tdp-write");
    assertThat(plain.value()).isEqualTo("plain");
    assertThat(plain.expected()).isEqualTo(ExpectedVerdict.VIOLATED);
    assertThat(plain.properties())
        .containsExactlyInAnyOrder(Property.NO_WRITE_LOST, Property.STRUCTURE);
    assertThat(plain.applyTo(litmus.rules()).describe()).isEqualTo("tdp-write=plain");
  }

  @Test
  void whatIsExpectedMayDependOnTheMemoryModel() {
    Litmus litmus =
        parse(
            HEAD,
            THREADS,
            "expect:",
            "  safe",
            "  fast-fault=store violated structure under tso",
            "  fast-fault=store safe under sc");
    assertThat(litmus.cases(MemoryModel.SC).stream().map(LitmusCase::expected))
        .containsExactly(ExpectedVerdict.SAFE, ExpectedVerdict.SAFE);
    assertThat(litmus.cases(MemoryModel.TSO).stream().map(LitmusCase::expected))
        .containsExactly(ExpectedVerdict.SAFE, ExpectedVerdict.VIOLATED);
  }

  @Test
  void rulesOfTheFileHoldForItsCases() {
    Litmus litmus =
        parse(HEAD, "rule pfn-dirty=on-clear", THREADS, "expect:", "  tdp-write=plain safe");
    assertThat(litmus.cases().getFirst().applyTo(litmus.rules()).describe())
        .isEqualTo("pfn-dirty=on-clear tdp-write=plain");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '"',
      value = {
        "expect: perhaps ! \"race:6:9: expected pfn-dirty, volatile, tdp-write, flush-on-update,"
            + " writable-leaf, dirty-flush, fast-fault, lockless-walk, invalidate-retry,"
            + " aging-flush, huge-recovery, unsync-order, zap-order, special-roots, found"
            + " 'perhaps'\"",
        "expect: volatile=often safe ! \"race:6:18: expected readonly-stable, any-ad-clear,"
            + " any-mmu-writable, unless-writable, needs-atomic-update, found 'often'\"",
        "expect: violated ! \"race:6:17: expected expectation, guest-tables, no-data-race,"
            + " no-stale-translation, no-use-after-free, no-write-lost, progress, structure or"
            + " write-tracking, found the end of the script\"",
        "expect: safe under arm ! race:6:20: expected sc or tso, found 'arm'",
        "expect: safe finally ! race:6:14: expected the end of the line, found 'finally'",
        "expect: ; 5 ! \"race:7:2: expected RULE=VALUE, safe or violated, found '5'\"",
        "expect: volatile=any-ad-clear ! \"race:6:30: expected RULE=VALUE, safe or violated,"
            + " found the end of the script\"",
        "expect: fast-fault=on fast-fault=off safe ! race:6:23: 'fast-fault' has values in this"
            + " line already",
        "expect: fast-fault=on,on safe ! race:6:23: 'on' stands in this line already",
        "expect: safe;safe ! race:7:1: line 6 says what is expected of the file's rules",
        "expect: tdp-write=plain safe;tdp-write=plain safe under sc ! race:7:1: line 6 says what is"
            + " expected of tdp-write=plain",
        "finally: read 8 ! \"race: expected 'expect:' at the end, and what is expected\"",
        "hope: safe ! \"race:6:1: expected repeat, read, write, fetch, add, cas, cr3, invlpg,"
            + " cpl, wp, signal or await, found 'hope'\""
      })
  void aMistakeInWhatIsExpectedIsReportedWithItsPlace(String text, String message) {
    assertThatThrownBy(() -> Litmus.parse("race", HEAD + THREADS + text.replace(';', '\n')))
        .isInstanceOf(InputException.class)
        .hasMessage(message);
  }

  @Test
  void aFileSaysWhatItIsAbout() {
    assertThatThrownBy(() -> parse(THREADS, "expect: safe"))
        .hasMessage("dir/race.litmus:1:1: expected a comment that says what this is about");
  }

  @Test
  void aFileHasThreads() {
    assertThatThrownBy(() -> parse("# A race.", "prepare: read 8", "expect: safe"))
        .hasMessage("dir/race.litmus: expected a thread: 'vcpu N:' or 'host N:'");
  }

  @Test
  void aSettingThatIsWrongIsReportedWithItsPlace() {
    assertThatThrownBy(() -> parse("# A race.", "memory-model arm"))
        .hasMessage("dir/race.litmus:2:14: expected sc or tso, found 'arm'");
    assertThatThrownBy(() -> parse("# A race.", "table-entries 9"))
        .hasMessage("dir/race.litmus:2:15: expected a power of two, found '9'");
    assertThatThrownBy(() -> parse("# A race.", "memory 32K", THREADS, "expect: safe"))
        .hasMessage("dir/race.litmus:2:8: expected a multiple of 2M, found '32K'");
  }
}
