package dev.gnomon.mmu.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.notify.AgingFlush;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.spte.FlushOnUpdate;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.spte.WritableLeaf;
import dev.gnomon.mmu.tdp.HugeRecovery;
import dev.gnomon.mmu.testing.TestVm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

/**
 * The shadow MMU against recordings of Linux 6.12, by hand: the faults and the host's operations as
 * recorded; what the guest does between them to its tables and registers is told here, after the
 * fault or the marker that comes before it.
 */
class RecordedShadowEventsTest {
  private static final Path RECORDINGS =
      Path.of(System.getProperty("basedir", "")).resolve("../recordings");

  private static final Rules RULES =
      Rules.DEFAULTS
          .with(Rules.PFN_DIRTY, PfnDirty.ON_CLEAR)
          .with(Rules.FLUSH_ON_UPDATE, FlushOnUpdate.TO_READONLY)
          .with(Rules.WRITABLE_LEAF, WritableLeaf.RAW_BIT)
          .with(Rules.AGING_FLUSH, AgingFlush.IF_YOUNG)
          .with(Rules.HUGE_RECOVERY, HugeRecovery.ZAP);

  private static final Pattern FAULT =
      Pattern.compile("kvm_page_fault vcpu (\\d) address 0x(\\w+) error_code 0x(\\w+)");
  private static final Pattern SLOT =
      Pattern.compile("slot set (\\d) gpa (\\w+) size (\\w+) flags (\\w)");

  private static final long BASE_HVN = 4096;
  private static final long PAGE_TABLE_A = 0x4000;
  private static final long PAGE_TABLE_B = 0x8000;

  private final NormalisedEvents events = new NormalisedEvents();
  private final Map<Integer, Runnable> afterFault = new HashMap<>();
  private final Map<String, List<Runnable>> afterMarker = new HashMap<>();
  private TestVm vm;
  private int entryBytes = 8;

  private static MmuConfig legacy() {
    return MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.LEGACY_TDP);
  }

  private static MmuConfig shadow() {
    return MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.SHADOW);
  }

  private static MmuConfig on32BitHost(MmuKind kind) {
    return MmuConfig.of(TdpKind.NPT, 1).withMmu(kind).withHostBits(32);
  }

  @Test
  void directTdpPagesAreMappedWithTheirNeighboursUnlessLogged() throws IOException {
    replay("linux-6.12/npt-legacy/write.long.0", legacy(), longMode());
  }

  @Test
  void directTdpPagesAreFixedWithoutTheLockWhileLogged() throws IOException {
    afterFault.put(2, () -> used("SP3[2]", "SP3[3]", "SP3[4]", "SP3[41]"));
    afterFault.put(9, () -> used("SP3[42]"));
    afterFault.put(29, () -> used("SP3[43]"));
    replay("linux-6.12/npt-legacy/dirty.long.0", legacy(), longMode());
  }

  @Test
  void a32BitHostHasFourRootEntriesForTdp() throws IOException {
    replay("linux-6.12-i386/npt/write.pae.0", on32BitHost(MmuKind.LEGACY_TDP), pae());
  }

  @Test
  void fourLevelsAreShadowed() throws IOException {
    replay("linux-6.12/shadow/write.long.0", shadow(), longMode());
  }

  @Test
  void shadowedPagesAreLogged() throws IOException {
    replay("linux-6.12/shadow/dirty.long.0", shadow(), longMode());
  }

  @Test
  void paeTablesAreShadowed() throws IOException {
    replay("linux-6.12/shadow/write.pae.0", shadow(), pae());
  }

  @Test
  void aGuestWithoutPagingIsMappedDirectly() throws IOException {
    afterFault.put(1, () -> used("SP4[41]"));
    replay("linux-6.12/shadow/flat.flat32.0", shadow(), flat());
  }

  @Test
  void aGuestEditsItsOwnTables() throws IOException {
    remap();
    replay("linux-6.12/shadow/remap.long.0", shadow(), longMode());
  }

  @Test
  void aGuestEditsIts32BitTables() throws IOException {
    entryBytes = 4;
    remap();
    replay("linux-6.12/shadow/remap.p32.0", shadow(), bits32());
  }

  @Test
  void aGuestEditsIts32BitTablesOnA32BitHost() throws IOException {
    entryBytes = 4;
    remap();
    replay("linux-6.12-i386/shadow/remap.p32.0", on32BitHost(MmuKind.SHADOW), bits32());
  }

  private void remap() {
    afterFault.put(
        3,
        () -> {
          entry(PAGE_TABLE_A, 0x80, 0x90007);
          invlpg(0x80000);
        });
    after(
        "mark 2 0",
        () -> {
          entry(PAGE_TABLE_A, 0x80, 0x90005);
          invlpg(0x80000);
        });
    afterFault.put(
        9,
        () -> {
          entry(PAGE_TABLE_A, 0x80, 0x90027);
          invlpg(0x80000);
        });
    after(
        "mark 3 0",
        () -> {
          entry(PAGE_TABLE_A, 0x80, 0x90006);
          invlpg(0x80000);
        });
    afterFault.put(
        11,
        () -> {
          entry(PAGE_TABLE_A, 0x80, 0x90007);
          invlpg(0x80000);
        });
    after(
        "mark 4 0",
        () -> {
          entry(PAGE_TABLE_A, 0x81, 0x91005);
          entry(PAGE_TABLE_A, 0x82, 0x92007);
        });
  }

  @Test
  void userCodeEditsItsTables() throws IOException {
    afterFault.put(3, () -> entry(PAGE_TABLE_A, 0x80, 0x90007));
    afterFault.put(7, () -> invlpg(0x80000));
    after(
        "mark 2 0",
        () -> {
          entry(PAGE_TABLE_A, 0x80, 0x90005);
          invlpg(0x80000);
        });
    afterFault.put(
        10,
        () -> {
          entry(PAGE_TABLE_A, 0x80, 0x90027);
          invlpg(0x80000);
        });
    after(
        "mark 3 0",
        () -> {
          entry(PAGE_TABLE_A, 0x80, 0x90006);
          invlpg(0x80000);
        });
    afterFault.put(
        12,
        () -> {
          entry(PAGE_TABLE_A, 0x80, 0x90007);
          invlpg(0x80000);
        });
    after(
        "mark 4 0",
        () -> {
          entry(PAGE_TABLE_A, 0x81, 0x91005);
          entry(PAGE_TABLE_A, 0x82, 0x92007);
        });
    replay("linux-6.12/shadow/remap.long.3", shadow(), longMode());
  }

  @Test
  void addressSpacesAreSwitchedBetweenCachedRoots() throws IOException {
    afterFault.put(1, () -> loadCr3(0x5000));
    for (int i = 0; i < 3; i++) {
      after("mark b 0", () -> loadCr3(0x1000));
    }
    for (int i = 0; i < 2; i++) {
      after("mark a 0", () -> loadCr3(0x5000));
    }
    afterFault.put(
        4,
        () -> {
          entry(PAGE_TABLE_B, 0x80, 0xb0007);
          loadCr3(0x5000);
        });
    afterFault.put(
        6,
        () -> {
          entry(PAGE_TABLE_B, 0x80, 0xb1007);
          loadCr3(0x5000);
        });
    replay("linux-6.12/shadow/cr3.long.0", shadow(), longMode());
  }

  @Test
  void mmioIsMarkedAndTheMarksAreStaleWhenSlotsChange() throws IOException {
    afterFault.put(
        1,
        () -> {
          entry(PAGE_TABLE_A, 0xf0, 0x700007);
          entry(PAGE_TABLE_A, 0xf1, 0x800007);
        });
    afterFault.put(2, () -> emulate(0xf0000, AccessKind.READ));
    afterFault.put(3, () -> emulate(0xf0000, AccessKind.WRITE));
    afterFault.put(4, () -> emulate(0xf0000, AccessKind.READ));
    afterFault.put(7, () -> emulate(0xf1000, AccessKind.READ));
    replay("linux-6.12/shadow/mmio.long.0", shadow(), longMode());
  }

  // --- what the guest does ---

  private void after(String marker, Runnable action) {
    afterMarker.computeIfAbsent(marker, key -> new ArrayList<>()).add(action);
  }

  private VcpuMmu mmu() {
    return vm.vcpu().mmu();
  }

  private Cpu cpu() {
    return vm.vcpu().cpu();
  }

  /** The processor uses entries, and sets A in them. */
  private void used(String... places) {
    for (String place : places) {
      vm.memory().getAndOrLong(events.address(place), 1L << 5);
    }
  }

  private void loadCr3(long cr3) {
    mmu().loadCr3(cpu(), cr3, false);
    enterAgain();
  }

  private void invlpg(long address) {
    mmu().invalidateAddress(cpu(), address);
  }

  private void emulate(long address, AccessKind kind) {
    mmu().translate(cpu(), address, kind, Privilege.SUPERVISOR);
  }

  private void entry(long table, int index, long value) {
    put(table + (long) index * entryBytes, value);
  }

  private void put(long gpa, long value) {
    long page = vm.host().resolve(vm.hostCpu(), BASE_HVN + (gpa >>> 12), true);
    long hpa = HostPages.pfn(page) << 12 | gpa & 0xfff;
    if (entryBytes == 8) {
      vm.memory().setLong(hpa, value);
    } else {
      vm.memory().setInt(hpa, (int) value);
    }
  }

  private static ControlRegisters longMode() {
    return registers(ControlBits.CR4_PAE, 0x1000, 0xd00);
  }

  private static ControlRegisters pae() {
    return registers(ControlBits.CR4_PAE, 0x2000, 0x800);
  }

  private static ControlRegisters bits32() {
    return registers(0, 0x3000, 0);
  }

  private static ControlRegisters registers(long cr4, long cr3, long efer) {
    return new ControlRegisters(0x80010031L, cr3, cr4, efer, 0, false, false);
  }

  private static ControlRegisters flat() {
    return new ControlRegisters(0x10031, 0, 0, 0, 0, false, false);
  }

  /** Two sets of tables that map the first 2 MiB as they are, but for page 0x80 of the second. */
  private void buildTables(ControlRegisters registers) {
    boolean isPae = registers.mode().levels() == 3;
    put(0x1000, 0x2007);
    put(0x2000, isPae ? 0x3001 : 0x3007);
    put(0x3000, PAGE_TABLE_A | 7);
    put(0x5000, 0x6007);
    put(0x6000, isPae ? 0x7001 : 0x7007);
    put(0x7000, PAGE_TABLE_B | 7);
    for (int i = 0; i < 512; i++) {
      entry(PAGE_TABLE_A, i, (long) i << 12 | 7);
      entry(PAGE_TABLE_B, i, (i == 0x80 ? 0xa0L : i) << 12 | 7);
    }
  }

  // --- the recording ---

  private void replay(String name, MmuConfig config, ControlRegisters registers)
      throws IOException {
    List<String> recorded = Files.readAllLines(RECORDINGS.resolve(name + ".trace"));
    vm = new TestVm(config, RULES, events);
    int faults = 0;
    for (String line : recorded) {
      MatchResult fault = match(FAULT, line);
      if (fault != null) {
        long address = Long.parseLong(fault.group(2), 16);
        vm.vcpu().fault(address, Long.parseLong(fault.group(3), 16));
        afterFault.getOrDefault(faults++, () -> {}).run();
      } else if (line.startsWith("# ")) {
        act(line.substring(2), registers);
      }
    }
    assertThat(events.lines()).containsExactlyElementsOf(recorded);
  }

  private void act(String marker, ControlRegisters registers) {
    MatchResult slot = match(SLOT, marker);
    if (slot != null) {
      if (!marker.contains("size 0")) {
        set(slot);
      }
      events.mark(marker);
      if (mmu().hasRoot()) {
        enterAgain();
      }
      return;
    }
    events.mark(marker);
    if (marker.equals("start")) {
      buildTables(registers);
      mmu().loadRegisters(cpu(), registers);
      enterAgain();
    } else if (marker.startsWith("get_dirty_log")) {
      vm.getLog(0);
    } else if (marker.equals("slot delete 1")) {
      vm.mmu().slotChanges().delete(vm.hostCpu(), 1);
    } else if (marker.startsWith("slot 0 flags ")) {
      switchLog(0, marker.endsWith("1"));
    } else if (marker.equals("manual_dirty_log 1")) {
      vm.mmu().dirtyLog().setManualProtect(vm.hostCpu(), true, false);
    } else if (marker.equals("clear_dirty gpa 40000 n 40")) {
      BitSet pages = new BitSet();
      pages.set(0x40, 0x80);
      vm.clearLog(0, pages);
    } else if (marker.equals("end")) {
      if (vm.slot(0).isDirtyLogged()) {
        vm.getLog(0);
      }
      assertThat(vm.audit()).isEmpty();
      vm.mmu().zapAll(vm.hostCpu());
      vm.close();
    }
    List<Runnable> actions = afterMarker.getOrDefault(marker, List.of());
    if (!actions.isEmpty()) {
      actions.remove(0).run();
    }
  }

  private void set(MatchResult slot) {
    int id = Integer.parseInt(slot.group(1));
    long gfn = Long.parseLong(slot.group(2), 16) >> 12;
    long pages = Long.parseLong(slot.group(3), 16) >> 12;
    if (vm.mmu().memslots().current().byId(id) == null) {
      vm.addSlot(id, gfn, pages, BASE_HVN + gfn);
      for (long i = 0; i < pages; i++) {
        vm.host().resolve(vm.hostCpu(), BASE_HVN + gfn + i, true);
      }
    }
    switchLog(id, slot.group(4).equals("1"));
  }

  private void switchLog(int id, boolean isLogged) {
    if (isLogged) {
      vm.startLog(id);
    } else if (vm.slot(id).isDirtyLogged()) {
      vm.stopLog(id);
    }
  }

  private void enterAgain() {
    vm.vcpu().enter();
    vm.vcpu().exit();
  }

  private static MatchResult match(Pattern pattern, String text) {
    return pattern.matcher(text).results().findFirst().orElse(null);
  }
}
