package dev.gnomon.checker.report;

import dev.gnomon.checker.report.MachineState.Entry;
import dev.gnomon.checker.report.MachineState.Log;
import dev.gnomon.checker.report.MachineState.Processor;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.spte.SpteText;
import dev.gnomon.mmu.table.ShadowPage;
import java.util.ArrayList;
import java.util.List;

/**
 * Reads what there is to see of a machine in which nothing runs, by the machine's own methods: on a
 * back end on which accesses outside of bodies are no steps. Memory is read through a {@link Peek},
 * so frames that were freed may be looked at too.
 */
final class MachineStateReader {
  private final Mmu mmu;
  private final SpteFormat format;
  private final List<Vcpu> vcpus;
  private final Peek peek;
  private final Landmarks landmarks;
  private MachineState last = MachineState.UNKNOWN;

  MachineStateReader(VirtualMachine vm, List<Vcpu> vcpus, Peek peek, Landmarks landmarks) {
    mmu = vm.mmu();
    format = mmu.format();
    this.vcpus = List.copyOf(vcpus);
    this.peek = peek;
    this.landmarks = landmarks;
  }

  /** The state now; parts that are as they were when it was last read are the same objects. */
  MachineState read() {
    List<Entry> entries = same(last.entries(), entries());
    List<Processor> processors = same(last.processors(), processors());
    List<Log> logs = same(last.logs(), logs());
    boolean isSame =
        entries == last.entries() && processors == last.processors() && logs == last.logs();
    if (!isSame) {
      last = new MachineState(entries, processors, logs, List.of(), List.of());
    }
    return last;
  }

  private static <T> List<T> same(List<T> old, List<T> now) {
    return old.equals(now) ? old : now;
  }

  // --- page tables ---

  private List<Entry> entries() {
    landmarks.begin();
    List<Entry> entries = new ArrayList<>();
    for (ShadowPage root : mmu.rootPages()) {
      addTable(entries, root.pfn(), root.pfn(), 0, root.level(), root.gfn());
    }
    return entries;
  }

  private void addTable(
      List<Entry> entries, long root, long pfn, int depth, int level, long firstGfn) {
    landmarks.table(pfn, level, firstGfn);
    for (int i = 0; i < PageLevel.ENTRIES; i++) {
      long hpa = PhysicalMemory.hpa(pfn) + 8L * i;
      long spte = peek.word(hpa);
      if (SpteFormat.isNonPresent(spte)) {
        continue;
      }
      long gfn = firstGfn + i * PageLevel.frames(level);
      String meaning = SpteText.meaning(format, spte, level);
      entries.add(new Entry(root, depth, level, gfn, hpa, spte, meaning));
      if (SpteFormat.isTable(spte, level) && level > 1) {
        addTable(entries, root, SpteFormat.pfn(spte), depth + 1, level - 1, gfn);
      } else if (SpteFormat.isPresentLeaf(spte, level)) {
        landmarks.pages(SpteFormat.pfn(spte), gfn, PageLevel.frames(level));
      }
    }
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
