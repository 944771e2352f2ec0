package dev.gnomon.mmu.testing;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.testing.TestVcpu.Outcome;
import java.util.ArrayList;
import java.util.BitSet;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * A VM beside the simplest model of what it must do: memory is a map from host-virtual frames to
 * the value last written, a dirty log a set of the pages written since it was last cleared, and a
 * write-tracked page a count. Every operation is done to both, and what the VM shows is compared.
 */
public final class ModelVm {
  private final Setup setup;
  private final TestVm vm;
  private final boolean usesRings;
  private final List<ModelSlot> slots = new ArrayList<>();
  private final List<Long> gfns = new ArrayList<>();
  private final Map<Long, Long> content = new HashMap<>();
  private final Map<Long, Integer> trackers = new HashMap<>();

  /** Host-virtual frames that were used through a walk since they were last found young. */
  private final Set<Long> used = new HashSet<>();

  private long lastValue;
  private int checks;

  public ModelVm(Setup setup) {
    this.setup = setup;
    vm = new TestVm(setup.config(), setup.rules());
    usesRings = setup.config().dirtyLog() == DirtyLogKind.RING;
    addSlots();
    for (int i = 0; i < vm.vcpus(); i++) {
      vm.vcpu(i).tlbHolds(setup.tlb().choices());
      vm.vcpu(i).onRingFull(this::harvest);
    }
    vm.host().preferLevel(setup.config().largestLevel());
  }

  private void addSlots() {
    List<Long> middle = List.of(0L, 7L, 8L, 9L, 96L, 519L, 520L, 796L, 1031L, 1032L, 1039L);
    slots.add(new ModelSlot(0, List.of(504L), 1040, 2048 + 504, false, middle));
    // Over the same host memory as the middle of slot 0; its second home does not fit large pages.
    List<Long> few = List.of(0L, 1L, 88L, 511L, 512L, 599L);
    slots.add(new ModelSlot(1, List.of(2048L, 2745L, 3584L), 600, 2048 + 512, false, few));
    slots.add(new ModelSlot(2, List.of(4608L), 64, 8192, true, List.of(0L, 54L)));
    slots.add(new ModelSlot(3, List.of(5120L), 520, 9001, false, List.of(0L, 511L, 519L)));
    if (setup.config().largestLevel() == 3) {
      List<Long> far = List.of(0L, 513L, (1L << 18) - 1, 1L << 18);
      slots.add(new ModelSlot(4, List.of(1L << 18), (1L << 18) + 1, 1L << 20, false, far));
    }
    for (ModelSlot slot : slots) {
      addSlot(slot);
      for (long home : slot.homes) {
        slot.offsets.forEach(offset -> gfns.add(home + offset));
      }
    }
    gfns.addAll(List.of(0L, 503L, 1544L, 40000L));
  }

  // --- the guest ---

  /** A vCPU accesses a page. */
  public void access(int vcpuPick, AccessKind kind, int gfnPick) {
    TestVcpu vcpu = vm.vcpu(vcpuPick % vm.vcpus());
    long gfn = gfn(gfnPick);
    long value = ++lastValue;
    Outcome outcome = vcpu.access(gfn, kind, value);
    ModelSlot slot = slotOf(gfn);
    boolean isWrite = kind == AccessKind.WRITE;
    boolean isTracked = trackers.getOrDefault(gfn, 0) > 0;
    if (slot != null && slot.isReadOnly && isWrite && isTracked) {
      // Emulated for either reason; no emulation writes there.
      assertThat(outcome).isNotEqualTo(Outcome.DONE);
      return;
    }
    if (slot == null || (slot.isReadOnly && isWrite)) {
      assertThat(outcome).as("%s of gfn %x", kind, gfn).isEqualTo(Outcome.EMULATE);
      return;
    }
    long hvn = slot.hvn(gfn);
    if (isWrite) {
      assertThat(outcome)
          .as("write to gfn %x", gfn)
          .isEqualTo(isTracked ? Outcome.WRITE_PROTECTED : Outcome.DONE);
      if (isTracked) {
        vm.host().write(hvn, value);
        vcpu.mmu().markWritten(vcpu.cpu(), gfn);
      }
      content.put(hvn, value);
      if (slot.isLogged) {
        slot.written.set((int) (gfn - slot.base));
      }
    } else {
      assertThat(outcome).as("%s of gfn %x", kind, gfn).isEqualTo(Outcome.DONE);
      assertThat(vcpu.value())
          .as("what gfn %x holds", gfn)
          .isEqualTo(content.getOrDefault(hvn, 0L));
    }
    if (vcpu.hasWalked() && outcome == Outcome.DONE) {
      used.add(hvn);
    }
  }

  /** A vCPU loads a translation that it may never use. */
  public void speculate(int vcpuPick, int gfnPick) {
    vm.vcpu(vcpuPick % vm.vcpus()).speculate(gfn(gfnPick));
  }

  /** A vCPU leaves guest mode, or gives even its root up. */
  public void leave(int vcpuPick, boolean isStopping) {
    TestVcpu vcpu = vm.vcpu(vcpuPick % vm.vcpus());
    if (isStopping) {
      vcpu.stop();
    } else {
      vcpu.exit();
    }
  }

  // --- the host ---

  /** The host does something with the page behind a gfn. */
  public void host(HostAction action, int gfnPick) {
    ModelSlot slot = slotOf(gfn(gfnPick));
    if (slot == null) {
      return;
    }
    long hvn = slot.hvn(gfn(gfnPick));
    switch (action) {
      case RECLAIM -> vm.host().reclaim(hvn);
      case CLEAN -> vm.host().clean(hvn);
      case WRITE_PROTECT -> vm.host().writeProtect(hvn);
      case MIGRATE -> vm.host().remap(hvn, 1, setup.config().largestLevel());
      case SPLIT -> vm.host().remap(hvn, 1, 1);
      case COLLAPSE -> vm.host().remap(hvn, 2, 2);
      case SMALL_PAGES -> vm.host().preferLevel(1);
      case LARGE_PAGES -> vm.host().preferLevel(setup.config().largestLevel());
    }
    if (action != HostAction.CLEAN && action != HostAction.WRITE_PROTECT) {
      // A new page knows nothing of the old one's use.
      used.clear();
    }
    content.forEach(
        (each, value) ->
            assertThat(vm.host().read(each))
                .as("what the host keeps of page %x", each)
                .isEqualTo(value));
  }

  /** The host asks whether a page was used. */
  public void age(int gfnPick, boolean isClearing) {
    ModelSlot slot = slotOf(gfn(gfnPick));
    if (slot == null) {
      return;
    }
    long hvn = slot.hvn(gfn(gfnPick));
    boolean isYoung =
        isClearing
            ? vm.mmu().notifier().clearYoung(vm.hostCpu(), hvn, hvn + 1)
            : vm.mmu().notifier().testYoung(vm.hostCpu(), hvn, hvn + 1);
    if (vm.host().takeAccessed(hvn)) {
      // Told when an entry went: of the large page perhaps, so of no page in particular.
      used.clear();
    } else if (used.contains(hvn)) {
      assertThat(isYoung).as("page %x is young", hvn).isTrue();
    }
    if (isClearing) {
      // With large pages the neighbours' news is taken too.
      used.clear();
    }
  }

  // --- the VMM ---

  /** Adds a slot, or deletes it. */
  public void addOrDelete(int slotPick) {
    ModelSlot slot = slot(slotPick);
    if (slot.isPresent) {
      vm.mmu().slotChanges().delete(vm.hostCpu(), slot.id);
      drop(slot);
    } else {
      addSlot(slot);
    }
  }

  /** Moves a slot to another of its homes. */
  public void move(int slotPick, int homePick) {
    ModelSlot slot = slot(slotPick);
    long home = slot.homes.get(homePick % slot.homes.size());
    if (slot.isPresent) {
      vm.mmu().slotChanges().move(vm.hostCpu(), slot.id, home);
      drop(slot);
      slot.base = home;
      slot.isPresent = true;
    }
  }

  private void drop(ModelSlot slot) {
    slot.isPresent = false;
    slot.forgetLog();
    trackers.keySet().removeIf(gfn -> gfn >= slot.base && gfn < slot.base + slot.pages);
  }

  private void addSlot(ModelSlot slot) {
    if (slot.isReadOnly) {
      vm.addReadOnlySlot(slot.id, slot.base, slot.pages, slot.hvn);
    } else {
      vm.addSlot(slot.id, slot.base, slot.pages, slot.hvn);
    }
    slot.isPresent = true;
  }

  /** Switches a slot's dirty log. */
  public void switchLog(int slotPick) {
    ModelSlot slot = slot(slotPick);
    if (!slot.isPresent) {
      return;
    }
    if (slot.isLogged) {
      vm.stopLog(slot.id);
      slot.forgetLog();
    } else {
      vm.startLog(slot.id);
      slot.isLogged = true;
      if (setup.config().initiallySet() && !usesRings) {
        slot.written.set(0, (int) slot.pages);
      }
    }
  }

  /** Reads the log, by bitmap or rings. */
  public void getLog(int slotPick) {
    getLog(slot(slotPick));
  }

  private void getLog(ModelSlot slot) {
    if (usesRings) {
      harvest();
    } else if (slot.isLogged) {
      slot.reported.clear();
      slot.reported.or(vm.getLog(slot.id));
      requireReported(slot, slot.reported);
      if (!setup.config().manualProtect()) {
        slot.written.clear();
      }
    }
  }

  /** With manual protect: clears every {@code step}th of the pages reported. */
  public void clearLog(int slotPick, int step) {
    ModelSlot slot = slot(slotPick);
    if (slot.isLogged && setup.config().manualProtect() && !usesRings) {
      BitSet cleared = new BitSet();
      int nth = 0;
      for (int i = slot.reported.nextSetBit(0); i >= 0; i = slot.reported.nextSetBit(i + 1)) {
        if (nth++ % step == 0) {
          cleared.set(i);
        }
      }
      vm.clearLog(slot.id, cleared);
      slot.written.andNot(cleared);
      slot.reported.andNot(cleared);
    }
  }

  private void harvest() {
    Map<Integer, BitSet> taken = new HashMap<>();
    vm.mmu()
        .dirtyLog()
        .harvest(
            vm.hostCpu(),
            (id, offset) ->
                taken.computeIfAbsent(id, each -> new BitSet()).set(Math.toIntExact(offset)));
    for (ModelSlot slot : slots) {
      if (slot.isLogged) {
        requireReported(slot, taken.getOrDefault(slot.id, new BitSet()));
        slot.written.clear();
      }
    }
  }

  private static void requireReported(ModelSlot slot, BitSet reported) {
    BitSet missing = (BitSet) slot.written.clone();
    missing.andNot(reported);
    assertThat(missing)
        .as("pages of slot %d written and not reported", slot.id)
        .isEqualTo(new BitSet());
    assertThat((long) reported.length()).isLessThanOrEqualTo(slot.pages);
  }

  /** Adds a tracker to a gfn, or takes one away. */
  public void track(int gfnPick, boolean isAdding) {
    long gfn = gfn(gfnPick);
    int count = trackers.getOrDefault(gfn, 0);
    if (!setup.config().writeTracking() || slotOf(gfn) == null) {
      return;
    }
    if (isAdding) {
      vm.mmu().writeTrack(vm.hostCpu(), gfn);
      trackers.put(gfn, count + 1);
    } else if (count > 0) {
      vm.mmu().writeUntrack(vm.hostCpu(), gfn);
      trackers.put(gfn, count - 1);
    }
  }

  /** Undoes splits of the NX mitigation. */
  public void recoverNx() {
    vm.mmu().recoverNxHugePages(vm.hostCpu(), 2);
  }

  // --- all of it ---

  /**
   * Checks the tables. With PML, a dirty page may be unreported until its vCPU has left guest mode.
   */
  public void check() {
    List<String> violations =
        setup.config().logsByDirtyBit() ? vm.audit() : vm.mmu().audit(vm.hostCpu());
    assertThat(violations.stream().limit(5)).as("what the audit finds").isEmpty();
  }

  /** Takes the last report of every log, and shuts down. */
  public void finish() {
    slots.forEach(this::getLog);
    vm.close();
  }

  private long gfn(int pick) {
    return gfns.get(setup.focus().get(pick % setup.focus().size()) % gfns.size());
  }

  /** The slot that the picked gfn is for, there or not; for a gfn of none, any. */
  private ModelSlot slot(int pick) {
    long gfn = gfn(pick);
    for (ModelSlot slot : slots) {
      for (long home : slot.homes) {
        if (gfn >= home && gfn < home + slot.pages) {
          return slot;
        }
      }
    }
    return slots.get(pick % slots.size());
  }

  private @Nullable ModelSlot slotOf(long gfn) {
    for (ModelSlot slot : slots) {
      if (slot.contains(gfn)) {
        return slot;
      }
    }
    return null;
  }
}
