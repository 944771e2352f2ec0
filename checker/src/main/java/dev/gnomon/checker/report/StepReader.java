package dev.gnomon.checker.report;

import dev.gnomon.checker.schedule.Step;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.spte.SpteFormat;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** Finds out what a step was about, right after it, while nothing runs. */
final class StepReader {

  /** A step's meaning. */
  record Meaning(Subject subject, String text, boolean isMinor) {}

  private static final int PAGES_PER_WORD = 64;

  private final VirtualMachine vm;
  private final Mmu mmu;
  private final Landmarks landmarks;

  StepReader(VirtualMachine vm, Landmarks landmarks) {
    this.vm = vm;
    mmu = vm.mmu();
    this.landmarks = landmarks;
  }

  /** What a step means of which only its own words are known. */
  static Meaning withoutMachine(Step step) {
    Subject subject =
        switch (step.kind()) {
          case LOCK, UNLOCK -> Subject.LOCK;
          case FILL, COPY, FREE -> Subject.FRAME;
          default -> Subject.OTHER;
        };
    return new Meaning(subject, StepText.other(step), isMinor(step));
  }

  /** What a step means. The landmarks are those after it. */
  Meaning read(Step step) {
    Meaning meaning = null;
    boolean isFrame =
        switch (step.kind()) {
          case FILL, COPY, FREE -> true;
          default -> false;
        };
    if (isFrame && step.hpa() >= 0) {
      return frame(step);
    }
    if (step.hpa() >= 0) {
      meaning = memory(step);
    } else if (step.words() != null) {
      meaning = words(step, step.words());
    }
    return meaning == null ? withoutMachine(step) : meaning;
  }

  /** Whether a step on a word of no special meaning may be left out. */
  private static boolean isMinor(Step step) {
    return switch (step.kind()) {
      case LOAD, FENCE -> true;
      case CHOICE -> step.after() == 0;
      default -> false;
    };
  }

  // --- memory ---

  private @Nullable Meaning memory(Step step) {
    long pfn = PhysicalMemory.pfn(step.hpa());
    Landmarks.Table table = landmarks.table(pfn);
    if (table != null) {
      return spte(step, table, pfn);
    }
    for (int i = 0; i < mmu.config().vcpus(); i++) {
      PmlBuffer pml = mmu.vcpu(i).pml();
      if (pml != null && pml.pfn() == pfn) {
        String gfn = "gfn " + StepText.hex(PhysicalMemory.pfn(step.after()));
        String text = StepText.verb(step.kind()) + " PML of vcpu " + i + ": " + gfn;
        return new Meaning(Subject.DIRTY_LOG, text, false);
      }
    }
    long gfn = guestFrame(pfn);
    if (gfn < 0) {
      return null;
    }
    String name = "gpa " + StepText.hex(gpa(gfn, step.hpa())) + stale(pfn);
    return new Meaning(Subject.GUEST_MEMORY, StepText.guestMemory(step, name), false);
  }

  private Meaning spte(Step step, Landmarks.Table table, long pfn) {
    long gfn = StepText.gfn(table, step.hpa());
    String name =
        StepText.spteName(gfn, table.level())
            + (landmarks.isReachable(pfn) ? "" : " (in a table that is no longer linked)");
    String text = StepText.spte(step, mmu.format(), name, table.level());
    boolean isMinor =
        step.kind() == Step.Kind.LOAD && SpteFormat.isTable(step.after(), table.level());
    return new Meaning(Subject.SPTE, text, isMinor && landmarks.isReachable(pfn));
  }

  private String stale(long pfn) {
    return landmarks.isReachable(pfn)
        ? ""
        : " (pfn " + Long.toHexString(pfn) + ", which no SPTE maps)";
  }

  private static long gpa(long gfn, long hpa) {
    return PhysicalMemory.hpa(gfn) + (hpa & PhysicalMemory.FRAME_SIZE - 1);
  }

  /** The gfn of the page in a frame, or -1; a page that was never mapped is asked of the host. */
  private long guestFrame(long pfn) {
    long known = landmarks.gfn(pfn);
    if (known >= 0) {
      return known;
    }
    MemslotArray slots = mmu.memslots().current();
    for (int i = 0; i < slots.size(); i++) {
      Memslot slot = slots.get(i);
      for (long gfn = slot.baseGfn(); gfn < slot.endGfn(); gfn++) {
        long page = vm.hostSpace().present(slot.hvn(gfn));
        if (page != HostPages.ABSENT && HostPages.pfn(page) == pfn) {
          landmarks.unmappedPages(pfn, gfn, 1);
          return gfn;
        }
      }
    }
    return -1;
  }

  private Meaning frame(Step step) {
    long pfn = PhysicalMemory.pfn(step.hpa());
    Landmarks.Table table = landmarks.table(pfn);
    long gfn = landmarks.gfn(pfn);
    String what =
        table != null
            ? " (table of gfn " + StepText.hex(table.gfn()) + " level " + table.level() + ")"
            : gfn >= 0 ? " (gfn " + StepText.hex(gfn) + ")" : "";
    String text = StepText.verb(step.kind()) + " pfn " + Long.toHexString(pfn) + what;
    return new Meaning(Subject.FRAME, text, false);
  }

  // --- words outside memory ---

  private @Nullable Meaning words(Step step, SharedWords words) {
    MemslotArray slots = mmu.memslots().current();
    for (int i = 0; i < slots.size(); i++) {
      Memslot slot = slots.get(i);
      if (slot.dirtyBitmap() == words) {
        long first = slot.baseGfn() + (long) PAGES_PER_WORD * step.index();
        String text = StepText.bitmap(step, "slot " + slot.id(), first);
        return new Meaning(Subject.DIRTY_LOG, text, false);
      }
    }
    for (int i = 0; i < mmu.dirtyLog().rings(); i++) {
      if (mmu.dirtyLog().isRing(i, words)) {
        String name = MachineStateReader.ringName(i, mmu.config().vcpus());
        return new Meaning(Subject.DIRTY_LOG, name + ": " + StepText.other(step), false);
      }
    }
    for (int i = 0; i < mmu.rendezvous().vcpus(); i++) {
      if (mmu.rendezvous().requests(i) == words) {
        boolean isPollOfNothing = step.kind() == Step.Kind.LOAD && step.after() == 0;
        return new Meaning(Subject.REQUEST, StepText.requests(step, i), isPollOfNothing);
      }
    }
    // Which words hold modes is the rendezvous' own business, so its code tells.
    if (step.place().toLowerCase(Locale.ROOT).contains("rendezvous.")) {
      return new Meaning(Subject.GUEST_MODE, StepText.other(step), isMinor(step));
    }
    return null;
  }
}
