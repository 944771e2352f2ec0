package dev.gnomon.machine.guest.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import org.junit.jupiter.api.Test;

/** What each operation does, and what it says when it finds something else. */
class ScriptOperationsTest {

  private static String outcome(String... lines) {
    return ScriptBackends.run(lines).describe();
  }

  @Test
  void readsAndWritesOfAnySize() {
    assertThat(
            outcome(
                "prepare:",
                "  write 0x1000 0x1122334455667788",
                "  read.1 0x1001 = 0x77",
                "  read.3 0x1000 = 0x667788",
                "  fetch.2 0x1006 = 0x1122",
                "  write.2 0x1fff 0xabcd",
                "  read.1 0x1fff = 0xcd",
                "  read.1 0x2000 = 0xab"))
        .isEmpty();
    assertThat(outcome("prepare: read 0x1000 = 1"))
        .isEqualTo("line 1, vcpu 0: expected 0x1, found 0x0");
  }

  @Test
  void anyOfSeveralValuesIsRight() {
    assertThat(outcome("prepare:", "  write 0 2", "  read 0 = 1 or 2")).isEmpty();
    assertThat(outcome("prepare:", "  write 0 3", "  read 0 = 1 or 2"))
        .isEqualTo("line 3, vcpu 0: expected 0x1 or 0x2, found 0x3");
  }

  @Test
  void lockedOperationsReturnWhatWasThere() {
    assertThat(
            outcome(
                "prepare:",
                "  add 0x1000 5 = 0",
                "  cas 0x1000 5 7 = 5",
                "  cas 0x1000 5 9 = 7",
                "  read 0x1000 = 7"))
        .isEmpty();
    assertThat(outcome("prepare: add 8 1 = 1"))
        .isEqualTo("line 1, vcpu 0: expected 0x1, found 0x0");
  }

  @Test
  void theGuestsOwnTablesMayRefuse() {
    assertThat(
            outcome(
                "paging 4k",
                "prepare:",
                "  write pte(0x1000) 0",
                "  invlpg 0x1000",
                "  read 0x1000 = fault",
                "  write 0x1000 1 = fault",
                "  write pte(0x1000) 0x2000 + 7",
                "  cr3",
                "  write 0x2000 5",
                "  read 0x1000 = 5 or fault"))
        .isEmpty();
    assertThat(outcome("paging 4k", "prepare: write 0x1000 1 = fault"))
        .isEqualTo("line 2, vcpu 0: expected fault, found a write");
    assertThat(outcome("paging 4k", "prepare:", "  write pte(0) 0; invlpg 0; read 0 = 1"))
        .startsWith("line 3, vcpu 0: expected 0x1, found a page fault at 0x0");
  }

  @Test
  void aPageThatTheHostTakesAwayComesBack() {
    assertThat(
            outcome(
                "prepare:",
                "  write 0x1000 1",
                "  evict 0x1000; read 0x1000 = 1",
                "  writeback 0x1000; write 0x1000 2",
                "  migrate 0x1000; read 0x1000 = 2",
                "  start-writeback 0x1000; write 0x1000 3; finish-writeback 0x1000",
                "  evict 0x1000; peek 0x1000 = 3"))
        .isEmpty();
    assertThat(outcome("prepare: peek 0x1000 = 1"))
        .isEqualTo("line 1, host: expected 0x1, found 0x0");
  }

  @Test
  void agingFindsWhatWasUsed() {
    assertThat(
            outcome(
                "prepare:",
                "  age 0x1000 = old; read 0x1000; test-young 0x1000 = young",
                "  age 0x1000 = young; age 0x1000 = old",
                "  # Only a walk sets A.",
                "  read 0x1000; age 0x1000 = old",
                "  flush; read 0x1000; age 0x1000 = young"))
        .isEmpty();
    assertThat(outcome("prepare: age 0x1000 = young"))
        .isEqualTo("line 1, host: expected young, found old");
  }

  @Test
  void aTrackedWriteIsEmulated() {
    assertThat(
            outcome(
                "prepare:",
                "  track 0x1000; write 0x1000 1; stat mmio_exits = 1",
                "  untrack 0x1000; write 0x1000 2; stat mmio_exits = 1"))
        .isEmpty();
  }

  @Test
  void aWriteThatTheTrackerDoesNotSeeIsReported() {
    ScriptResult result =
        ScriptBackends.run(
            "ad off",
            "rule flush-on-update=writable-cleared",
            "prepare: write 0x1000 1; age 0x1000; track 0x1000; write 0x1000 2; untrack 0x1000");
    assertThat(result.describe())
        .isEqualTo(
            "line 3, host: expected that the VMM sees every write to a tracked page,"
                + " found 0x2 written unseen at 0x1000");
    assertThat(result.violations().getFirst().concern()).isEqualTo(Concern.WRITE_TRACKING);
  }

  @Test
  void theLogReportsWhatWasWritten() {
    assertThat(
            outcome(
                "prepare:",
                "  write 0x1000 1; dirty-log on; write 0x1000 2",
                "  dirty-log get contains 0x1000",
                "  dirty-log check; dirty-log off"))
        .isEmpty();
    ScriptResult result =
        ScriptBackends.run("prepare:", "dirty-log on", "dirty-log get contains 0x3000");
    assertThat(result.describe())
        .isEqualTo("line 3, host: expected a report of the page at 0x3000, found one of 0 others");
    assertThat(result.violations().getFirst().concern()).isEqualTo(Concern.NO_WRITE_LOST);
  }

  @Test
  void aWriteThatNoReportContainsIsFound() {
    ScriptResult result =
        ScriptBackends.run(
            "rule dirty-flush=never",
            "prepare:",
            "  write 0x1000 1; dirty-log on; write 0x1000 2; dirty-log get; write 0x1000 3",
            "finally: dirty-log check");
    assertThat(result.describe())
        .isEqualTo(
            "line 4, host: expected that the log reports every write,"
                + " found a byte at 0x1000 written and never reported");
    assertThat(result.violations().getFirst().concern()).isEqualTo(Concern.NO_WRITE_LOST);
  }

  @Test
  void ringsAreHarvested() {
    assertThat(
            outcome(
                "dirty-log ring",
                "prepare: dirty-log on; write 0x1000 1; harvest contains 0x1000; dirty-log check"))
        .isEmpty();
  }

  @Test
  void slotsComeGoAndMove() {
    assertThat(
            outcome(
                "prepare:",
                "  write 0x1000 1",
                "  slot add 1 at 1G size 4K from 0x1000 read-only; read 1G = 1; write 1G 2",
                "  read 1G = 1",
                "  slot delete 1; read 1G = -1",
                "  slot move 0 to 2G; read 2G + 0x1000 = 1; read 0x1000 = -1"))
        .isEmpty();
  }

  @Test
  void whatTheMmuRefusesIsNamedWithItsLine() {
    assertThatThrownBy(() -> outcome("prepare:", "  slot delete 5"))
        .isInstanceOf(InputException.class)
        .hasMessage("s:2: there is no memslot 5");
    assertThatThrownBy(() -> outcome("prepare:", "", "evict 1G"))
        .hasMessage("s:3: 0x40000000 lies outside the VM's 0x400000 bytes of memory");
    assertThatThrownBy(() -> outcome("vcpu 0: add 4 1"))
        .hasMessage("s:1: 0x4: a locked access is to 8 aligned bytes");
  }

  @Test
  void everythingIsZappedAndMappedAgain() {
    assertThat(
            outcome(
                "prepare: write 0x1000 1; zap-all; read 0x1000 = 1; stat pf_fixed >= 2",
                "finally: stat pages_4k = 1"))
        .isEmpty();
    assertThat(outcome("prepare: stat pf_fixed >= 1"))
        .isEqualTo("line 1, host: expected pf_fixed >= 1, found 0");
  }

  @Test
  void splitsOfTheNxMitigationAreUndone() {
    assertThat(
            outcome(
                "host-pages 2m",
                "nx-huge-pages on",
                "prepare: read 0; fetch.1 0; stat nx_lpage_splits = 1",
                "  stat pages_2m = 0; recover-nx 1; read 0; stat pages_2m = 1"))
        .isEmpty();
  }

  @Test
  void loopsCountFromZero() {
    assertThat(
            outcome(
                "prepare:",
                "  repeat 3 as i { repeat 2 as j { write i * 4K + j * 8 1 + i * 2 + j } }",
                "  repeat 2 as i { vcpu 0 add 0x10000 1 = i; age 0 }",
                "  read 0x2008 = 6"))
        .isEmpty();
  }

  @Test
  void aHostSectionCanGoOnAsLongAsVcpusRun() {
    assertThat(
            outcome(
                "vcpu 0: repeat 50 as i { write 0x1000 i; read 0x1000 = i }",
                "host 0: repeat while running { evict 0x1000 }"))
        .isEmpty();
  }

  @Test
  void whatIsWrongInFinallyIsALostWriteIfItDoesNotSayOtherwise() {
    ScriptResult result =
        ScriptBackends.run(
            "prepare: read 0 = 1",
            "finally:",
            "  read 8 = 1",
            "  read 16 = 1 else no-stale-translation");
    assertThat(result.violations())
        .extracting(Violation::concern)
        .containsExactly(Concern.EXPECTATION, Concern.NO_WRITE_LOST, Concern.NO_STALE_TRANSLATION);
  }

  @Test
  void anAddressForWhichNoTableHasAnEntryIsNobodysMemory() {
    assertThat(
            outcome(
                "mmu legacy-tdp",
                "cpu amd",
                "host-bits 32",
                "prepare:",
                "  write 0x1000 1",
                "  read 4G + 0x1000 = -1",
                "  write 4G + 0x1000 2",
                "  read 0x1000 = 1",
                "  slot add 1 at 4G + -4K size 4K from 0x2000",
                "  write 4G + -8 3",
                "  read 4G + -8 = 3"))
        .isEmpty();
    assertThatThrownBy(
            () ->
                outcome(
                    "mmu legacy-tdp",
                    "cpu amd",
                    "host-bits 32",
                    "prepare: slot add 1 at 4G size 4K from 0x2000"))
        .isInstanceOf(InputException.class)
        .hasMessageContaining(
            "a memslot of 0x1 pages at gfn 0x100000 ends beyond gfn 0xfffff, the last that can be");
  }
}
