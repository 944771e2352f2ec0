package dev.gnomon.mmu.event;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.notify.AgingFlush;
import dev.gnomon.mmu.spte.FlushOnUpdate;
import dev.gnomon.mmu.spte.PfnDirty;
import dev.gnomon.mmu.spte.WritableLeaf;
import dev.gnomon.mmu.tdp.HugeRecovery;
import dev.gnomon.mmu.testing.TestVcpu;
import dev.gnomon.mmu.testing.TestVm;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.BitSet;
import java.util.List;
import java.util.regex.MatchResult;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/**
 * The faults and the host's operations of a recording of Linux 6.12, by hand: the MMU must cause
 * the recorded events, in their order, with their values. No guest runs: each fault is handed to
 * the MMU as it was recorded.
 */
class RecordedEventsTest {
  private static final Path RECORDINGS =
      Path.of(System.getProperty("basedir", "")).resolve("../recordings/linux-6.12");

  /** What Linux 6.12 did where the newest kernel does otherwise. */
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

  private final NormalisedEvents events = new NormalisedEvents();

  @ParameterizedTest
  @ValueSource(
      strings = {
        "write.long.0",
        "flat.real.0",
        "hugesmall.long.0",
        "two.long.0",
        "dirty.long.0",
        "mmio.long.0"
      })
  void nptCausesTheRecordedEvents(String name) throws IOException {
    replay("npt", name, MmuConfig.of(TdpKind.NPT, 2));
  }

  @Test
  void nptWithADirtyRingCausesTheRecordedEvents() throws IOException {
    MmuConfig config =
        MmuConfig.of(TdpKind.NPT, 2).withDirtyLog(DirtyLogKind.RING).withRingEntries(1024);
    replay("npt", "ring.long.0", config);
  }

  @Test
  void entriesOfEptWithoutAdOnNptCauseTheRecordedEvents() throws IOException {
    replay("ept-noad", "dirty.long.0", MmuConfig.of(TdpKind.NPT, 2).withBareEptLayout());
  }

  private void replay(String directory, String name, MmuConfig config) throws IOException {
    List<String> recorded = recording(directory, name);
    TestVm vm = new TestVm(config, RULES, events);
    for (String line : recorded) {
      MatchResult fault = match(FAULT, line);
      if (fault != null) {
        int vcpu = Integer.parseInt(fault.group(1));
        vm.vcpu(vcpu).fault(Long.parseLong(fault.group(2), 16), Long.parseLong(fault.group(3), 16));
      } else if (line.startsWith("# ")) {
        act(vm, line.substring(2));
      }
    }
    List<String> told =
        events.lines().stream().filter(line -> !line.startsWith("kvm_dirty_ring_reset")).toList();
    assertThat(told).containsExactlyElementsOf(recorded);
  }

  /** What follows a marker; a change of slots is marked when it is done. */
  private void act(TestVm vm, String marker) {
    MatchResult slot = match(SLOT, marker);
    if (slot == null) {
      events.mark(marker);
    } else {
      set(vm, slot);
      events.mark(marker);
      if (vm.vcpu().mmu().hasRoot()) {
        enterAgain(vm.vcpu());
      }
      return;
    }
    if (marker.equals("start")) {
      enterAgain(vm.vcpu());
    } else if (marker.equals("yield from 0") && !vm.vcpu(1).mmu().hasRoot()) {
      enterAgain(vm.vcpu(1));
    } else if (marker.startsWith("get_dirty_log")) {
      vm.getLog(0);
    } else if (marker.equals("manual_dirty_log 1")) {
      vm.mmu().dirtyLog().setManualProtect(vm.hostCpu(), true, false);
    } else if (marker.equals("clear_dirty gpa 40000 n 40")) {
      BitSet pages = new BitSet();
      pages.set(0x40, 0x80);
      vm.clearLog(0, pages);
    } else if (marker.startsWith("dirty ring harvest")) {
      vm.harvest(0);
    } else if (marker.equals("end")) {
      if (vm.slot(0).isDirtyLogged() && vm.slot(0).dirtyBitmap() != null) {
        vm.getLog(0);
      }
      boolean isTornDown = vm.mmu().config().dirtyLog() != DirtyLogKind.RING;
      if (isTornDown) {
        vm.close();
      }
    }
  }

  /** Into the guest and out: on the way a root is loaded, if there is none. */
  private static void enterAgain(TestVcpu vcpu) {
    vcpu.enter();
    vcpu.exit();
  }

  private static void set(TestVm vm, MatchResult slot) {
    int id = Integer.parseInt(slot.group(1));
    long gfn = Long.parseLong(slot.group(2), 16) >> 12;
    long pages = Long.parseLong(slot.group(3), 16) >> 12;
    boolean isLogged = slot.group(4).equals("1");
    if (pages == 0) {
      vm.mmu().slotChanges().delete(vm.hostCpu(), id);
      return;
    }
    if (vm.mmu().memslots().current().byId(id) == null) {
      vm.addSlot(id, gfn, pages, 4096 + gfn);
    }
    if (isLogged) {
      vm.startLog(id);
    } else if (vm.slot(id).isDirtyLogged()) {
      vm.stopLog(id);
    }
  }

  private static MatchResult match(Pattern pattern, String text) {
    return pattern.matcher(text).results().findFirst().orElse(null);
  }

  private static List<String> recording(String directory, String name) throws IOException {
    return Files.readAllLines(RECORDINGS.resolve(directory).resolve(name + ".trace"));
  }
}
