package dev.gnomon.machine.guest.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.spte.TdpWrite;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** What a script may look like, and how a mistake in one is reported. */
class ScriptParserTest {

  private static Script parse(String... lines) {
    return Script.parse("s", String.join("\n", lines));
  }

  @Test
  void settingsDescribeTheMachine() {
    Script script =
        parse(
            "memory 8M; vcpus 3",
            "cpu amd",
            "levels 5; largest-page 2m; host-pages 1g",
            "dirty-log ring; ring-entries 2048",
            "eager-split off; nx-huge-pages on",
            "rule tdp-write=plain",
            "host 0: track 0");
    assertThat(script.vmConfig().memoryBytes()).isEqualTo(8L << 20);
    assertThat(script.vmConfig().hostPageLevel()).isEqualTo(3);
    assertThat(script.vmConfig().mmu().tdp()).isEqualTo(TdpKind.NPT);
    assertThat(script.vmConfig().mmu().vcpus()).isEqualTo(3);
    assertThat(script.vmConfig().mmu().levels()).isEqualTo(5);
    assertThat(script.vmConfig().mmu().largestLevel()).isEqualTo(2);
    assertThat(script.vmConfig().mmu().dirtyLog()).isEqualTo(DirtyLogKind.RING);
    assertThat(script.vmConfig().mmu().ringEntries()).isEqualTo(2048);
    assertThat(script.vmConfig().mmu().eagerSplit()).isFalse();
    assertThat(script.vmConfig().mmu().nxHugePages()).isTrue();
    assertThat(script.vmConfig().mmu().writeTracking()).isTrue();
    assertThat(script.rules().get(Rules.TDP_WRITE)).isEqualTo(TdpWrite.PLAIN);
  }

  @Test
  void manualProtectMayStartWithEverythingSet() {
    Script script = parse("ad off; execute-only off; manual-protect initially-set; tlb tiny");
    assertThat(script.vmConfig().mmu().manualProtect()).isTrue();
    assertThat(script.vmConfig().mmu().initiallySet()).isTrue();
    assertThat(script.vmConfig().mmu().accessedDirty()).isFalse();
    assertThat(script.vmConfig().mmu().executeOnly()).isFalse();
    assertThat(script.vmConfig().tlb().firstLevel()).isEqualTo(1);
  }

  @Test
  void aTableIsTheSameAsSections() {
    Script table =
        parse(
            "let page = 0x1000",
            "vcpu 0        | host 1     | vcpu 2",
            "write page 1  | age page   |          # a comment",
            "",
            "read page = 1 |            | write page 2; read page = 2",
            "finally: read page");
    Script sections =
        parse(
            "let page = 0x1000",
            "vcpu 0: write page 1; read page = 1",
            "host 1: age page",
            "vcpu 2:",
            "  write page 2",
            "  read page = 2",
            "finally: read page");
    assertThat(withoutLines(table)).isEqualTo(withoutLines(sections));
    assertThat(table.threads()).isEqualTo(3);
    assertThat(table.vmConfig().mmu().vcpus()).isEqualTo(3);
  }

  private static String withoutLines(Script script) {
    return (script.vcpus() + " " + script.hosts() + " " + script.finish())
        .replaceAll("line=\\d+", "line");
  }

  @Test
  void aTableMayEndWithTheText() {
    Script script = parse("vcpu 0 | host 0", "read 8 | age 8");
    assertThat(script.vcpus().get(0)).hasSize(1);
    assertThat(script.hosts().get(0)).hasSize(1);
  }

  @Test
  void numbersHaveSeveralForms() {
    Script script =
        parse("let a = 0x1_000 + 2 * 4K", "vcpu 0: repeat 3 as i { write a + i * 8 -1 }");
    Statement.Repeat repeat = (Statement.Repeat) script.vcpus().get(0).getFirst();
    Statement.Write write = (Statement.Write) repeat.body().getFirst();
    assertThat(write.address().value(new long[] {2})).isEqualTo(0x3010);
    assertThat(write.value().value(new long[] {2})).isEqualTo(-1);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '"',
      value = {
        "raed 0x1000 ! s:1:1: expected a setting, or a section: 'prepare:', 'vcpu N:', 'host N:'"
            + " or 'finally:', found 'raed'",
        "vcpu 0:;  raed 0x1000 ! s:2:3: expected repeat, read, write, fetch, add, cas, cr3,"
            + " invlpg, cpl, wp, signal or await, found 'raed'",
        "vcpu 0: read ! s:1:13: expected an address, found the end of the script",
        "vcpu 0: write 8 x ! s:1:17: expected a value, found 'x'",
        "vcpu 0: read 8 = ! s:1:17: expected a value, found the end of the script",
        "vcpu 0: read 8 9 ! s:1:16: expected the end of the line, found '9'",
        "vcpu 0: read.9 8 ! s:1:9: expected a size from 1 to 8 after the '.', found 'read.9'",
        "vcpu 0: add.4 8 1 ! s:1:9: expected 'add' without a size, found 'add.4'",
        "vcpu 0: read 8 = fault ! s:1:18: 'fault' needs a guest that pages: see 'paging'",
        "vcpu 0: read pte(8) ! s:1:14: 'pte' needs a guest that pages, and sections: see 'paging'",
        "vcpu 0: read 8 = 1 else gone ! s:1:25: expected expectation, guest-tables,"
            + " no-stale-translation, no-write-lost or write-tracking, found 'gone'",
        "vcpu 0: repeat while running { read 8 } ! s:1:9: 'repeat while running' is for the host,"
            + " while vCPUs run",
        "vcpu 0: repeat 2 { read 8 ! s:1:26: expected '}', found the end of the script",
        "vcpu 64: read 8 ! s:1:6: expected a vCPU from 0 to 63, found '64'",
        "host 3: age 8 ! s:1:6: expected a CPU of the host from 0 to 2, found '3'",
        "host 0: wash 8 ! s:1:9: expected repeat, evict, writeback, start-writeback,"
            + " finish-writeback, migrate, age, test-young, peek, track, untrack, dirty-log,"
            + " harvest, slot, flush, zap-all, recover-nx, shadow-pages, signal or await, found"
            + " 'wash'",
        "host 0: harvest ! s:1:9: 'harvest' needs 'dirty-log ring'",
        "host 0: dirty-log clear ! s:1:19: 'clear' needs 'manual-protect on'",
        "host 0: age 8 = hot ! s:1:17: expected old or young, found 'hot'",
        "host 0: slot add 1 from 8 ! s:1:20: expected 'at', found 'from'",
        "vcpu 0: read 8;vcpu 0: read 8 ! s:2:1: vcpu 0 has a section already",
        "memory 3M ! s:1:8: expected a multiple of 2M, found '3M'",
        "memory 2Q ! \"s:1:8: expected a number of at most 64 bits, as 12, -1, 4K, 2M or"
            + " 0x1f_f000, found '2Q'\"",
        "rule speed=high ! \"s:1:6: expected pfn-dirty, volatile, tdp-write, flush-on-update,"
            + " writable-leaf, dirty-flush, fast-fault, lockless-walk, invalidate-retry,"
            + " aging-flush, huge-recovery, unsync-order, zap-order, special-roots, found"
            + " 'speed'\"",
        "rule pfn-dirty=soon ! \"s:1:16: expected on-clear, at-creation, found 'soon'\"",
        "let or = 5 ! s:1:5: 'or' has a meaning already",
        "read § ! \"s:1:6: expected a word, a number or a symbol, found '§'\"",
        "prepare: stat speed = 1 ! \"s:1:15: expected a counter, as pf_fast, found 'speed'\"",
        "vcpu 0 | host 0;read 8 ! \"s:2:7: expected '|', found the end of the script\"",
        "vcpu 0 | host 0;read 8 | age 8 | age 8 ! s:2:16: expected the end of the line, found '|'",
        "vcpu 0 | host 0;age 8 | read 8 ! s:2:1: expected repeat, read, write, fetch, add, cas,"
            + " cr3, invlpg, cpl, wp, signal or await, found 'age'",
        "vcpu 0 | thread 0 ! s:1:10: expected host or vcpu, found 'thread'",
        "vcpus 1; vcpu 1: read 8 ! s: names vcpu 1, and has 1 by 'vcpus'",
        "cpu amd; ad off ! s: NPT always has accessed and dirty bits"
      })
  void aMistakeIsReportedWithItsPlaceAndWhatWasExpected(String text, String message) {
    assertThatThrownBy(() -> Script.parse("s", text.replace(';', '\n')))
        .isInstanceOf(InputException.class)
        .hasMessage(message);
  }

  @Test
  void aDialectAddsSettingsAndSections() {
    List<String> read = new ArrayList<>();
    Dialect dialect =
        new Dialect() {
          @Override
          public Set<String> settings() {
            return Set.of("mood");
          }

          @Override
          public void readSetting(Token setting, Tokens tokens) {
            read.add(setting.text() + " " + tokens.word("a mood").text());
          }

          @Override
          public Set<String> sections() {
            return Set.of("moral");
          }

          @Override
          public void readSection(Token head, Tokens tokens) {
            tokens.skipSeparators();
            read.add(head.text() + " " + tokens.word("a moral").text());
          }
        };
    String text = "mood calm\nvcpu 0: read 8\nmoral:\n  none\nfinally: read 8\n";
    assertThat(Script.parse("s", text, dialect).finish()).hasSize(1);
    assertThat(read).containsExactly("mood calm", "moral none");
    assertThatThrownBy(() -> Script.parse("s", "mood 5", dialect))
        .hasMessage("s:1:6: expected a mood, found '5'");
    assertThatThrownBy(() -> Script.parse("s", "x", dialect)).hasMessageContaining("'moral:'");
    assertThat(Arrays.asList(Dialect.SCRIPT.settings(), Dialect.SCRIPT.sections()))
        .allMatch(Set::isEmpty);
  }
}
