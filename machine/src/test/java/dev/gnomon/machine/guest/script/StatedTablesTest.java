package dev.gnomon.machine.guest.script;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Guests whose tables a script states, under each MMU. */
class StatedTablesTest {
  private static final String[] FOUR_LEVELS = {
    "guest-paging 4",
    "cr3 0x1000",
    "entry 0x1000 = 0x2000 + rw",
    "entry 0x2000 = 0x3000 + rw",
    "entry 0x3000 = 0x4000 + rw",
    "entry 0x4008 = 0x5000 + rw",
    "entry 0x4010 = 0x6000 + ro",
    "entry 0x4018 = 0x6000 + P + W + A + D"
  };

  private static String outcome(String mmu, String[] tables, String... lines) {
    List<String> all = new ArrayList<>(List.of("mmu " + mmu, "memory 64K; table-entries 8"));
    all.addAll(Arrays.asList(tables));
    all.addAll(Arrays.asList(lines));
    return ScriptBackends.run(all.toArray(new String[0])).describe();
  }

  @ParameterizedTest
  @ValueSource(strings = {"tdp", "legacy-tdp", "shadow"})
  void theGuestUsesTheTablesThatAreStated(String mmu) {
    // The TDP MMU maps gpas, of which it uses the first 8 pages here.
    assertThat(
            outcome(
                mmu,
                FOUR_LEVELS,
                "prepare:",
                "  write 0x1008 5",
                "  peek 0x5008 = 5",
                "  write 0x2000 6 = fault",
                "  read 0x2000 = 0",
                "  read 0x3000 = 0",
                "  cpl 3",
                "  read 0x3000 = fault",
                "  read 0x1008 = 5",
                "  cpl 0",
                "  wp off",
                "  write 0x2008 7",
                "  peek 0x6008 = 7",
                "  wp on",
                "  write 0x2010 8 = fault"))
        .isEmpty();
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      value = {
        "32 ! entry 0x1000 = 0x2000 + rw; entry 0x2004 = 0x5000 + rw",
        "pae ! entry 0x1000 = 0x2000 + P; entry 0x2000 = 0x3000 + rw; entry 0x3008 = 0x5000 + rw",
        "5 ! entry 0x1000 = 0x2000 + rw; entry 0x2000 = 0x3000 + rw; entry 0x3000 = 0x4000 + rw;"
            + "entry 0x4000 = 0x6000 + rw; entry 0x6008 = 0x5000 + rw"
      })
  void theGuestPagesInAnyMode(String mode, String entries) {
    List<String> tables = new ArrayList<>(List.of("guest-paging " + mode, "cr3 0x1000"));
    tables.addAll(Arrays.asList(entries.split(";")));
    assertThat(
            outcome(
                "shadow",
                tables.toArray(new String[0]),
                "prepare:",
                "  write 0x1008 5",
                "  peek 0x5008 = 5",
                "  read 0x7000 = fault",
                "  cr3",
                "  invlpg 0x1000",
                "  read 0x1008 = 5"))
        .isEmpty();
  }

  @Test
  void aSignalIsWaitedFor() {
    for (long seed = 0; seed < 10; seed++) {
      Script script =
          Script.parse(
              "s",
              """
              vcpu 0: write 0x1000 5; signal 0; await 1; read 0x1000 = 6
              vcpu 1: await 0; read 0x1000 = 5; write 0x1000 6; signal 2
              host 0: await 2; peek 0x1000 = 6; signal 1
              """);
      assertThat(ScriptBackends.inLockstep(script, seed).describe()).isEmpty();
    }
  }

  @Test
  void theShadowMmuRecyclesPagesBeyondItsLimit() {
    assertThat(
            outcome(
                "shadow",
                FOUR_LEVELS,
                "prepare:",
                "  read 0x1000",
                "  stat mmu_recycled = 0",
                "  shadow-pages 1",
                "  stat mmu_recycled = 3",
                "  read 0x1000 = 0"))
        .isEmpty();
  }

  @Test
  void settingsSayWhichMmu() {
    MmuConfig shadow =
        Script.parse("s", "mmu shadow; shadow-pages 7".replace(';', '\n')).vmConfig().mmu();
    assertThat(shadow.mmu()).isEqualTo(MmuKind.SHADOW);
    assertThat(shadow.shadowPages()).isEqualTo(7);
    MmuConfig legacy = Script.parse("s", "mmu legacy-tdp\nhost-bits 32\ncpu amd").vmConfig().mmu();
    assertThat(legacy.mmu()).isEqualTo(MmuKind.LEGACY_TDP);
    assertThat(legacy.hostBits()).isEqualTo(32);
    assertThat(legacy.levels()).isEqualTo(3);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '!',
      quoteCharacter = '"',
      value = {
        "cr3 0x1000 ! s:1:1: 'cr3' needs 'guest-paging' before it",
        "entry 0 = 1 ! s:1:1: 'entry' needs 'guest-paging' before it",
        "guest-paging 3 ! \"s:1:14: expected 32, 4, 5 or pae, found '3'\"",
        "guest-paging 4;cr3 5 ! s:2:5: CR3 must be a page's address: 5",
        "guest-paging 4;entry 4 = 5 ! s:2:7: an entry stands at a multiple of 8",
        "guest-paging 4;guest-paging 4 ! s:2:1: 'guest-paging' was said before",
        "let rw = 5;guest-paging 4 ! s:2:1: after it 'rw' has a meaning already",
        "guest-paging 4;entry 4M = 5;vcpu 0: read 8 ! s:1:1: an entry at 0x400000 lies outside"
            + " memory",
        "paging 4k;guest-paging 4;vcpu 0: read 8 ! s:2:1: the guest's tables are either stated or"
            + " made by 'paging'",
        "vcpu 0: cpl 1 ! \"s:1:13: expected 0 or 3, found '1'\"",
        "host 0: await 8 ! \"s:1:15: expected a signal from 0 to 7, found '8'\"",
        "mmu tdp;host-bits 32;vcpu 0: read 8 ! s: a 32-bit host has no TDP MMU"
      })
  void aMistakeIsReportedWithItsPlace(String text, String message) {
    assertThatThrownBy(() -> Script.parse("s", text.replace(';', '\n')))
        .isInstanceOf(InputException.class)
        .hasMessage(message);
  }
}
