package dev.gnomon.mmu.event;

import static dev.gnomon.mmu.event.ShadowedGuest.DIRECTORY;
import static dev.gnomon.mmu.event.ShadowedGuest.TABLE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.table.FaultResult;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;

/** What the shadow MMU does where no public recording shows it, event by event. */
class ShadowEventsTest {
  private static final long SECOND_TABLE = 0x50000;
  private static final long TWO_MIB = 0x200000;

  private ShadowedGuest guest;

  private void run(ControlRegisters registers) {
    guest = new ShadowedGuest(registers, Rules.DEFAULTS);
  }

  @AfterEach
  void theAuditFindsNothing() {
    guest.vm().close();
  }

  @Test
  void fourPdptesThatAreTheSameKeepTheRoot() {
    run(ShadowedGuest.pae());
    guest.read(0x10000);
    guest.news();

    guest.loadCr3(0x2000);

    assertThat(guest.news()).isEmpty();
  }

  @Test
  void anotherPdpteHasTheRootMadeAgain() {
    run(ShadowedGuest.pae());
    guest.read(0x10000);
    guest.news();

    guest.entry(0x2000, 1, 0x7001);
    guest.loadCr3(0x2000);

    assertThat(guest.news("kvm_mmu_get_page", "root_load"))
        .hasSize(3)
        .last()
        .isEqualTo("root_load vcpu 0 pae_root role 3703");
  }

  @Test
  void theSamePdptesInAnotherPlaceHaveTheRootMadeAgain() {
    run(ShadowedGuest.pae());
    guest.entry(0x6000, 0, DIRECTORY | 1);
    guest.news();

    guest.loadCr3(0x6000);

    assertThat(guest.news("kvm_mmu_get_page", "root_load"))
        .containsExactly(
            "kvm_mmu_get_page sp gen 0 gfn 3 l2 8-byte q0 wux nxe ad root 0 sync existing",
            "root_load vcpu 0 pae_root role 3703");
  }

  @Test
  void aGuestThatSwitchesPagingOnUnderTdpLoadsItsRootAgain() {
    MmuConfig legacy = MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.LEGACY_TDP);
    guest = new ShadowedGuest(legacy, ShadowedGuest.longMode(), Rules.DEFAULTS);
    guest.news();

    guest.loadModes(0x80000031L, 0x20, 0xd00);
    assertThat(guest.news()).as("CR0.WP alone").isEmpty();

    guest.loadModes(0x80000031L, 0x30, 0xd00);
    assertThat(guest.news())
        .containsExactly(
            "kvm_mmu_get_page sp gen 0 gfn 0 l4 8-byte q0 direct wux nxe ad root 0 sync existing",
            "root_load vcpu 0 SP0 role 3784");
  }

  @Test
  void anAddressOfAnotherPcidIsInvalidatedUnderTheRootThatIsKept() {
    run(ShadowedGuest.longMode().withModes(0x80010031L, 0x20020, 0xd00).withCr3(0x1001));
    guest.secondTables();
    guest.read(0x80000);
    guest.loadCr3(0x5002);
    guest.write(TABLE);
    guest.entry(TABLE, 0x80, 0x90007);
    guest.news();

    guest.vm().vcpu().mmu().invalidateAddress(guest.vm().vcpu().cpu(), 3, 0x80000);
    assertThat(guest.news()).isEmpty();

    guest.vm().vcpu().mmu().invalidateAddress(guest.vm().vcpu().cpu(), 1, 0x80000);
    assertThat(guest.news("spte_clear"))
        .containsExactly("spte_clear level 1 SP3[80]: g:80|a25 -> nonpresent:8000000000000000");
  }

  @Test
  void fourBytesOfAnEightByteEntryAreAWriteOfTheEntry() {
    run(ShadowedGuest.longMode());
    guest.read(0x10000);
    guest.news();

    guest.emulateWrite(DIRECTORY + 4, 4, 0);

    assertThat(guest.news())
        .containsExactly(
            "spte_clear_no_track level 2 SP2[0]: SP3|827 -> nonpresent:8000000000000000");
  }

  @Test
  void fourBytesAcrossEightByteEntriesZapNothing() {
    run(ShadowedGuest.longMode());
    guest.entry(SECOND_TABLE, 0, 0x60007);
    guest.entry(DIRECTORY, 1, SECOND_TABLE | 7);
    guest.read(0x10000);
    guest.read(TWO_MIB);
    guest.news();

    guest.emulateWrite(DIRECTORY + 6, 4, 0);

    assertThat(guest.news())
        .containsExactly(
            "spte_clear_no_track level 2 SP2[0]: SP3|827 -> nonpresent:8000000000000000",
            "spte_clear_no_track level 2 SP2[1]: SP4|827 -> nonpresent:8000000000000000");
    assertThat(guest.vm().stat(Stat.MMU_FLOODED)).isZero();
  }

  @Test
  void eightBytesAcrossEntriesZapTheTable() {
    run(ShadowedGuest.longMode());
    guest.read(0x10000);
    guest.news();

    guest.emulateWrite(DIRECTORY + 20, 8, 0);

    assertThat(guest.news("kvm_mmu_prepare_zap_page")).hasSize(1);
    assertThat(guest.vm().stat(Stat.MMU_FLOODED)).isEqualTo(1);
  }

  @Test
  void fourBytesAcrossFourByteEntriesZapTheTable() {
    run(ShadowedGuest.bits32());
    guest.read(0x10000);
    guest.news();

    guest.emulateWrite(DIRECTORY + 22, 4, 0);

    assertThat(guest.vm().stat(Stat.MMU_FLOODED)).isEqualTo(4);
  }

  @Test
  void prefetchEndsAtAPageThatTheHostMayNotWrite() {
    run(ShadowedGuest.longMode());
    for (int i = 0x40; i < 0x48; i++) {
      guest.entry(TABLE, i, (long) i << 12 | 0x67);
    }
    guest.vm().host().writeProtect(4096 + 0x43);
    guest.read(0x10000);
    guest.news();

    guest.read(0x41000);

    assertThat(guest.news("kvm_mmu_set_spte"))
        .containsExactly(
            "kvm_mmu_set_spte gfn 41 g:41|e67 (rwxu) level 1 at SP3[41]",
            "kvm_mmu_set_spte gfn 40 g:40|e47 (rwxu) level 1 at SP3[40]",
            "kvm_mmu_set_spte gfn 42 g:42|e47 (rwxu) level 1 at SP3[42]");
  }

  @Test
  void unsyncPagesAreSynchronisedInBatches() {
    run(ShadowedGuest.longMode());
    int tables = 20;
    for (int i = 1; i <= tables; i++) {
      long table = SECOND_TABLE + 0x1000L * i;
      guest.entry(table, 0, 0x80067);
      guest.entry(DIRECTORY, i, table | 7);
      guest.read(TWO_MIB * i);
    }
    guest.read(0x10000);
    for (int i = 1; i <= tables; i++) {
      assertThat(guest.write(SECOND_TABLE + 0x1000L * i)).isEqualTo(FaultResult.FIXED);
    }
    guest.news();

    guest.loadCr3(0x1000);

    List<Integer> runs = new ArrayList<>();
    String kind = "";
    for (String line : guest.news("spte_update", "kvm_mmu_sync_page")) {
      String now = line.substring(0, line.indexOf(' '));
      if (!now.equals(kind)) {
        runs.add(0);
        kind = now;
      }
      runs.set(runs.size() - 1, runs.getLast() + 1);
    }
    // A batch is 16 pages, of which the root and two directories are the first.
    assertThat(runs).containsExactly(13, 13, 7, 7);
  }

  @Test
  void pagesBeyondTheLimitAreRecycledTheOldestFirst() {
    MmuConfig few = MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.SHADOW).withShadowPages(40);
    guest = new ShadowedGuest(few, ShadowedGuest.longMode(), Rules.DEFAULTS);
    List<String> zapped = new ArrayList<>();
    for (int i = 1; i <= 100; i++) {
      long table = SECOND_TABLE + 0x1000L * i;
      guest.entry(table, 0, 0x80067L + 0x1000 * i);
      guest.entry(DIRECTORY, i, table | 7);
      guest.read(TWO_MIB * i);
      List<String> news = guest.news("kvm_mmu_prepare_zap_page", "kvm_mmu_set_spte");
      assertThat(news.getLast())
          .contains("kvm_mmu_set_spte gfn %x g:%x|".formatted(0x80 + i, 0x80 + i));
      zapped.addAll(news.subList(0, news.size() - 1));
      assertThat(guest.vm().stat(Stat.MMU_PAGE_TABLES)).isLessThanOrEqualTo(40);
    }
    assertThat(zapped.subList(0, 4))
        .extracting(line -> line.split(" ")[5])
        .as("not the root; what was made first")
        .containsExactly("2", "3", "51", "52");
    assertThat(guest.vm().stat(Stat.MMU_RECYCLED)).isEqualTo(zapped.size());
    assertThat(guest.vm().audit()).isEmpty();
  }

  @Test
  void moreThanAThousandMappingsOfAPageAreTooMany() {
    run(ShadowedGuest.longMode());
    for (int t = 0; t < 3; t++) {
      long table = SECOND_TABLE + 0x1000L * t;
      for (int i = 0; i < 512; i++) {
        guest.entry(table, i, 0x80007);
      }
      guest.entry(DIRECTORY, 1 + t, table | 7);
    }
    for (int i = 0; i <= 1000; i++) {
      guest.read(TWO_MIB + 0x1000L * i);
    }
    List<String> added = guest.news("rmap_add");
    for (int i = 0; i <= 1000; i++) {
      assertThat(added.get(i)).endsWith(" count " + i);
    }

    guest.read(TWO_MIB + 0x1000L * 1001);

    List<String> news = guest.news();
    assertThat(news)
        .filteredOn(line -> line.startsWith("rmap_add"))
        .first()
        .asString()
        .endsWith(" count 1001");
    assertThat(news)
        .filteredOn(line -> line.startsWith("spte_clear ") && line.contains(": g:80|"))
        .hasSize(1002);
  }
}
