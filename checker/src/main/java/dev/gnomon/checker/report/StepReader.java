package dev.gnomon.checker.report;

import dev.gnomon.checker.schedule.Step;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.spte.SpteFormat;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Finds out what a step was about, right after it, while nothing runs. Memory is known by what lies
 * there, other words by whose they are, or by the names that the explorer gives to its own.
 */
final class StepReader {

  /** A step's meaning. */
  record Meaning(Subject subject, String text, boolean isMinor) {}

  private static final Pattern REQUESTS = Pattern.compile("requests of vcpu (\\d+)");
  private static final String MARKS = "frame marks[";
  private static final String READERS = "rcu readers[";
  private static final String COUNTERS = "PageCounts[";
  private static final String INVALIDATIONS = "Invalidations[";

  /** What the words of the invalidations are, by index, as the kernel calls them. */
  private static final List<String> INVALIDATION_NAMES =
      List.of(
          "mmu_invalidate_seq",
          "mmu_invalidate_in_progress",
          "mmu_invalidate_range_start",
          "mmu_invalidate_range_end");

  private static final int PAGES_PER_WORD = 64;

  private final VirtualMachine vm;
  private final Mmu mmu;
  private final Landmarks landmarks;

  /** Entries of the host's page table that were asked for, and the gfns that they are for. */
  private final Map<Long, Long> hostEntries = new HashMap<>();

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
    if (step.kind() == Step.Kind.LOCK || step.kind() == Step.Kind.UNLOCK) {
      return withoutMachine(step);
    }
    if (step.hpa() >= 0) {
      meaning =
          switch (step.kind()) {
            case FILL, COPY, FREE -> frame(step);
            default -> memory(step);
          };
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
      case STORE, COMMIT, READ_MODIFY_WRITE -> step.before() == step.after();
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
    if (step.place().startsWith("HostPageTable.")) {
      return hostEntry(step);
    }
    long gfn = guestFrame(pfn);
    if (gfn < 0) {
      return null;
    }
    String name = "gpa " + StepText.hex(gpa(gfn, step.hpa())) + stale(pfn);
    return new Meaning(Subject.GUEST_MEMORY, StepText.guestMemory(step, name), false);
  }

  private Meaning spte(Step step, Landmarks.Table table, long pfn) {
    boolean isLinked = landmarks.isReachable(pfn);
    String name = StepText.spteName(table, step.hpa()) + (isLinked ? "" : " (unlinked table)");
    String text = StepText.spte(step, mmu.format(), name, table.level());
    boolean isOnTheWay =
        step.kind() == Step.Kind.LOAD && SpteFormat.isTable(step.after(), table.level());
    return new Meaning(Subject.SPTE, text, isOnTheWay && isLinked);
  }

  private @Nullable Meaning hostEntry(Step step) {
    if (HostAddressSpace.isTable(step.after())) {
      return null;
    }
    long gfn = gfnOfHostEntry(step.hpa());
    if (gfn < 0) {
      return null;
    }
    for (long pte : new long[] {step.before(), step.after()}) {
      long pfn = HostAddressSpace.pfnOfEntry(pte);
      if (pfn >= 0 && landmarks.gfn(pfn) < 0) {
        landmarks.unmappedPages(pfn, gfn, 1);
      }
    }
    return new Meaning(Subject.HOST_PAGE, StepText.hostEntry(step, gfn), isMinor(step));
  }

  /** The gfn that an entry of the host's page table is for, or -1. */
  private long gfnOfHostEntry(long hpa) {
    Long known = hostEntries.get(hpa);
    if (known != null && isHostEntry(hpa, known)) {
      return known;
    }
    MemslotArray slots = mmu.memslots().current();
    for (int i = 0; i < slots.size(); i++) {
      for (long gfn = slots.get(i).baseGfn(); gfn < slots.get(i).endGfn(); gfn++) {
        if (isHostEntry(hpa, gfn)) {
          hostEntries.put(hpa, gfn);
          return gfn;
        }
      }
    }
    return -1;
  }

  private boolean isHostEntry(long hpa, long gfn) {
    Memslot slot = mmu.memslots().current().find(gfn);
    return slot != null && vm.hostSpace().isEntry(hpa, slot.hvn(gfn));
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
    String text = StepText.verb(step.kind()) + " " + frameName(pfn);
    return new Meaning(Subject.FRAME, text, false);
  }

  private String frameName(long pfn) {
    Landmarks.Table table = landmarks.table(pfn);
    long gfn = table != null ? -1 : guestFrame(pfn);
    return "pfn "
        + Long.toHexString(pfn)
        + (table != null
            ? " (table of " + StepText.covered(table, table.gfn()) + " level " + table.level() + ")"
            : gfn >= 0 ? " (gfn " + StepText.hex(gfn) + ")" : "");
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
        return new Meaning(Subject.DIRTY_LOG, name + ": " + StepText.other(step), isMinor(step));
      }
    }
    for (int i = 0; i < mmu.rendezvous().vcpus(); i++) {
      if (mmu.rendezvous().requests(i) == words) {
        return requests(step, i);
      }
    }
    return named(step);
  }

  /** Words that the explorer made for itself, or of which only the name tells. */
  private @Nullable Meaning named(Step step) {
    String target = step.target();
    Matcher requests = REQUESTS.matcher(target);
    if (requests.matches()) {
      return requests(step, Integer.parseInt(requests.group(1)));
    }
    if (target.startsWith(MARKS)) {
      String text = StepText.marks(step, frameName(step.index()));
      return new Meaning(Subject.HOST_PAGE, text, false);
    }
    if (target.startsWith(READERS)) {
      boolean isOwn = step.index() == step.cpu() && StepText.writes(step);
      String text =
          isOwn
              ? (step.after() & 1) != 0 ? "rcu_read_lock" : "rcu_read_unlock"
              : StepText.other(step);
      return new Meaning(Subject.READ_SECTION, text, step.kind() == Step.Kind.LOAD);
    }
    if (target.startsWith(COUNTERS)) {
      return new Meaning(Subject.OTHER, StepText.other(step), true);
    }
    if (target.startsWith(INVALIDATIONS)) {
      String text = StepText.other(step, INVALIDATION_NAMES.get(step.index()));
      return new Meaning(Subject.OTHER, text, isMinor(step) || step.index() > 1);
    }
    // Which words hold modes is the rendezvous' own business, so its name tells.
    if (target.contains("Rendezvous")) {
      return new Meaning(Subject.GUEST_MODE, StepText.other(step), isMinor(step));
    }
    return null;
  }

  private Meaning requests(Step step, int vcpu) {
    boolean isPollOfNothing =
        step.kind() == Step.Kind.LOAD && RequestNames.of(step.after()).isEmpty();
    if (step.kind() == Step.Kind.AWAIT && !mmu.rendezvous().isInGuestMode(vcpu)) {
      String text = "waited for vcpu " + vcpu + " to leave guest mode";
      return new Meaning(Subject.GUEST_MODE, text, false);
    }
    return new Meaning(Subject.REQUEST, StepText.requests(step, vcpu), isPollOfNothing);
  }
}
