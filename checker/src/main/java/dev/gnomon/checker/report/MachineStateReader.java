package dev.gnomon.checker.report;

import dev.gnomon.checker.report.MachineState.Entry;
import dev.gnomon.checker.report.MachineState.HostPage;
import dev.gnomon.checker.report.MachineState.Log;
import dev.gnomon.checker.report.MachineState.Processor;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.SpteText;
import dev.gnomon.mmu.table.ShadowPage;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;

/**
 * Reads what there is to see of a machine in which nothing runs, by the machine's own methods: on a
 * back end on which accesses outside of bodies are no steps. Memory is read in a way that takes no
 * notice of whether a frame was freed.
 */
final class MachineStateReader {
  private static final int MOST_HOST_PAGES = 64;
  private static final int PAE_ENTRIES = 4;

  private final VirtualMachine vm;
  private final Mmu mmu;
  private final SpteFormat format;
  private final List<Vcpu> vcpus;
  private final Landmarks landmarks;
  private MachineState last = MachineState.UNKNOWN;

  /** The roots when it was read. */
  private List<Root> roots = List.of();

  /** Where walks start: a frame, and what the table in it covers. */
  private record Root(long pfn, Landmarks.Table table) {}

  MachineStateReader(VirtualMachine vm, List<Vcpu> vcpus, Landmarks landmarks) {
    this.vm = vm;
    mmu = vm.mmu();
    format = mmu.format();
    this.vcpus = List.copyOf(vcpus);
    this.landmarks = landmarks;
  }

  /**
   * The state now; parts that are as they were when it was last read are the same objects.
   *
   * @param memory gives the word at an hpa
   * @param isWritten whether memory may have been written since the last time
   */
  MachineState read(LongUnaryOperator memory, boolean isWritten) {
    List<Root> newRoots = roots();
    List<Entry> entries = last.entries();
    if (isWritten || !newRoots.equals(roots)) {
      entries = same(entries, entries(newRoots, memory));
      roots = newRoots;
    }
    List<Processor> processors = same(last.processors(), processors());
    List<Log> logs = same(last.logs(), logs());
    List<HostPage> hostPages = same(last.hostPages(), hostPages());
    boolean isSame =
        entries == last.entries()
            && processors == last.processors()
            && logs == last.logs()
            && hostPages == last.hostPages();
    if (!isSame) {
      last = new MachineState(entries, processors, logs, hostPages, List.of(), List.of());
    }
    return last;
  }

  private static <T> List<T> same(List<T> old, List<T> now) {
    return old.equals(now) ? old : now;
  }

  // --- page tables ---

  /** Those of the TDP MMU, and what vCPUs have loaded besides. */
  private List<Root> roots() {
    List<Root> found = new ArrayList<>();
    for (ShadowPage page : mmu.rootPages()) {
      found.add(new Root(page.pfn(), new Landmarks.Table(page.level(), page.gfn(), false)));
    }
    boolean isVirtual = mmu.config().mmu() == MmuKind.SHADOW;
    for (Vcpu vcpu : vcpus) {
      VcpuMmu own = mmu.vcpu(vcpu.index());
      long pfn = own.hasRoot() ? PhysicalMemory.pfn(own.rootHpa()) : -1;
      if (pfn >= 0 && found.stream().noneMatch(root -> root.pfn() == pfn)) {
        found.add(new Root(pfn, new Landmarks.Table(own.rootLevel(), 0, isVirtual)));
      }
    }
    return found;
  }

  private List<Entry> entries(List<Root> newRoots, LongUnaryOperator memory) {
    landmarks.begin();
    List<Entry> entries = new ArrayList<>();
    for (Root root : newRoots) {
      addTable(memory, entries, root, root.pfn(), root.table());
    }
    return entries;
  }

  private void addTable(
      LongUnaryOperator memory, List<Entry> entries, Root root, long pfn, Landmarks.Table table) {
    landmarks.table(pfn, table);
    int level = table.level();
    int depth = root.table().level() - level;
    boolean isPaeRoot = depth == 0 && level == PageLevel.LEVEL_1G;
    for (int i = 0; i < (isPaeRoot ? PAE_ENTRIES : PageLevel.ENTRIES); i++) {
      long hpa = PhysicalMemory.hpa(pfn) + 8L * i;
      long spte = memory.applyAsLong(hpa);
      if (format.isEmpty(spte)) {
        continue;
      }
      long gfn = table.gfn() + i * PageLevel.frames(level);
      String meaning = StepText.brief(SpteText.meaning(format, spte, level));
      entries.add(
          new Entry(root.pfn(), depth, level, StepText.covered(table, gfn), hpa, spte, meaning));
      // The processor's PDPTEs know nothing but P.
      boolean isTable = isPaeRoot ? (spte & 1) != 0 : SpteFormat.isTable(spte, level);
      if (isTable && level > 1) {
        Landmarks.Table below = new Landmarks.Table(level - 1, gfn, table.isVirtual());
        addTable(memory, entries, root, SpteFormat.pfn(spte), below);
      } else if (SpteFormat.isPresentLeaf(spte, level)) {
        if (table.isVirtual()) {
          landmarks.mapped(SpteFormat.pfn(spte));
        } else {
          landmarks.pages(SpteFormat.pfn(spte), gfn, PageLevel.frames(level));
        }
      }
    }
  }

  // --- the host's pages ---

  private List<HostPage> hostPages() {
    List<HostPage> hostPages = new ArrayList<>();
    MemslotArray slots = mmu.memslots().current();
    for (long gfn : landmarks.smallPages()) {
      if (hostPages.size() == MOST_HOST_PAGES) {
        break;
      }
      Memslot slot = slots.find(gfn);
      if (slot != null) {
        long hvn = slot.hvn(gfn);
        long page = vm.hostSpace().present(hvn);
        String marks =
            page == HostPages.ABSENT
                ? ""
                : ", " + StepText.marks(vm.execution().frames().marks(HostPages.pfn(page)));
        hostPages.add(new HostPage(gfn, vm.hostSpace().describe(hvn) + marks));
      }
    }
    return hostPages;
  }

  // --- processors ---

  private List<Processor> processors() {
    List<Processor> processors = new ArrayList<>();
    for (Vcpu vcpu : vcpus) {
      int index = vcpu.index();
      VcpuMmu own = mmu.vcpu(index);
      String root =
          own.hasRoot() ? "pfn " + Long.toHexString(PhysicalMemory.pfn(own.rootHpa())) : "none";
      processors.add(
          new Processor(
              index,
              mmu.rendezvous().isInGuestMode(index),
              RequestNames.of(mmu.rendezvous().requests(index).get(0)),
              root,
              vcpu.cachedTranslations()));
    }
    return processors;
  }

  // --- dirty logs ---

  private List<Log> logs() {
    List<Log> logs = new ArrayList<>();
    MemslotArray slots = mmu.memslots().current();
    for (int i = 0; i < slots.size(); i++) {
      Memslot slot = slots.get(i);
      SharedWords bitmap = slot.dirtyBitmap();
      if (bitmap != null) {
        logs.add(new Log("slot " + slot.id(), gfns(slot, bitmap)));
      }
    }
    for (int i = 0; i < mmu.dirtyLog().rings(); i++) {
      List<Long> gfns = new ArrayList<>();
      mmu.dirtyLog()
          .look(
              i,
              (slotId, offset) -> {
                Memslot slot = slots.byId(slotId);
                gfns.add(slot == null ? offset : slot.baseGfn() + offset);
              });
      logs.add(new Log(ringName(i, mmu.config().vcpus()), gfns));
    }
    for (Vcpu vcpu : vcpus) {
      PmlBuffer pml = mmu.vcpu(vcpu.index()).pml();
      if (pml != null) {
        List<Long> gfns = new ArrayList<>();
        for (int i = 0; i < pml.count(); i++) {
          gfns.add(pml.gfn(i));
        }
        logs.add(new Log("PML of vcpu " + vcpu.index(), gfns));
      }
    }
    return logs;
  }

  private static List<Long> gfns(Memslot slot, SharedWords bitmap) {
    List<Long> gfns = new ArrayList<>();
    for (int word = 0; word < bitmap.length(); word++) {
      for (long left = bitmap.get(word); left != 0; left &= left - 1) {
        gfns.add(slot.baseGfn() + 64L * word + Long.numberOfTrailingZeros(left));
      }
    }
    return gfns;
  }

  static String ringName(int ring, int vcpus) {
    return ring < vcpus ? "ring of vcpu " + ring : "ring of the host";
  }
}
