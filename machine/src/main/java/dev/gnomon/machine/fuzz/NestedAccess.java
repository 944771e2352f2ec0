package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.fuzz.TwoDimensionalWalk.End;
import dev.gnomon.machine.fuzz.TwoDimensionalWalk.Faulted;
import dev.gnomon.machine.fuzz.TwoDimensionalWalk.Reached;
import dev.gnomon.machine.fuzz.TwoDimensionalWalk.Violated;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.Privilege;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;

/**
 * Does accesses of L2's, under nested tables of L1's, and checks what came of each: value, fault of
 * L2's or violation for L1, where it went, A and D in both dimensions.
 *
 * <p>Once L2 has written a page that was used as a table since it was last run, or one of its
 * tables is a nested one, what is cached may be old, and what is read may change on the way: from
 * then on only where an access went is checked, to memory of the guest's and nowhere else.
 */
final class NestedAccess implements Accesses {
  private static final long OFFSET = 0xfff;

  private final FuzzVm vm;
  private final Mirror mirror;
  private final GuestTranslation l2;
  private final TwoDimensionalWalk walk;
  private final HostSide hostSide;
  private final AccessOutcome outcome;

  /** Pages that were read as tables since L2 was run. */
  private final Set<Integer> nestedPages = new HashSet<>();

  private final Set<Integer> l2Pages = new HashSet<>();
  private boolean isNestedStale;
  private boolean isL2Stale;

  /** Whether walks may have marked entries of which the mirror does not know yet. */
  private boolean mayHaveMarked;

  private boolean flip;

  /**
   * L2 is about to run.
   *
   * @param l2 its registers
   */
  NestedAccess(
      FuzzVm vm,
      Mirror mirror,
      GuestTranslation l2,
      TwoDimensionalWalk walk,
      HostSide hostSide,
      AccessOutcome outcome) {
    this.vm = vm;
    this.mirror = mirror;
    this.l2 = l2;
    this.walk = walk;
    this.hostSide = hostSide;
    this.outcome = outcome;
  }

  @Override
  public void access(AccessKind kind, boolean isImplicit, long gva, int size, long value) {
    int whole = Integer.highestOneBit(size);
    Privilege who = isImplicit ? Privilege.SUPERVISOR : l2.registers().privilege();
    long kept = whole == 8 ? value : value & (1L << 8 * whole) - 1;
    AccessRequest request = new AccessRequest(kind, who, isImplicit, gva & -whole, whole, kept);
    End expected = walk.access(l2.registers(), request.gva(), kind, who);
    noteTables();
    flip = !flip;
    outcome.perform(request, !isImplicit && flip);
    if (isNestedStale || isL2Stale) {
      checkPlaces(request);
      mayHaveMarked = true;
      return;
    }
    if (!isAsExpected(request, expected)) {
      throw new Divergence(
          "L2's %s, %s: %s; but the tables say %s"
              .formatted(
                  request.text(), l2.registers().mode(), outcome.text(request, vm), expected));
    }
    apply(request, expected);
    check(request);
  }

  private void noteTables() {
    for (long gpa : walk.nestedEntries()) {
      nestedPages.add(vm.page(gpa));
    }
    for (long gpa : walk.l2Entries()) {
      l2Pages.add(vm.page(gpa));
    }
    for (int page : l2Pages) {
      isNestedStale |= page != FuzzVm.NOWHERE && nestedPages.contains(page);
    }
  }

  private boolean isAsExpected(AccessRequest request, End expected) {
    return switch (expected) {
      case Faulted(long code) ->
          outcome.isFault()
              && outcome.faultCode() == code
              && outcome.faultGva() == request.gva()
              && outcome.watch().count() == 0;
      case Violated violated -> violated.violation().equals(outcome.violation());
      case Reached(long gpa) ->
          !outcome.isFault()
              && outcome.violation() == null
              && outcome.watch().count() == 1
              && isPlace(gpa)
              && isRead(request, gpa);
    };
  }

  private boolean isPlace(long gpa) {
    WatchedMemory watch = outcome.watch();
    int page = vm.page(gpa);
    boolean isHere = page != FuzzVm.NOWHERE && vm.hpa(page) + (gpa & OFFSET) == watch.address(0);
    return switch (watch.kind(0)) {
      case LOAD -> isHere;
      case STORE -> isHere && !vm.isReadOnly(page) && !hostSide.isTracked(page);
      case VMM_READ, VMM_WRITE -> gpa == watch.address(0);
    };
  }

  /** Whether what was read is what is there: as it was, or as it is with A and D. */
  private boolean isRead(AccessRequest request, long gpa) {
    if (request.isWrite()) {
      return true;
    }
    int page = vm.page(gpa);
    long before = -1;
    long now = -1;
    if (page != FuzzVm.NOWHERE) {
      int word = GuestTranslation.word(page, gpa);
      before = mirror.get(word);
      now = before | marks(gpa);
    }
    for (int i = 0; i < request.size(); i++) {
      long shift = 8 * (gpa + i & 7);
      long seen = outcome.seenByte(i);
      if ((before >>> shift & 0xff) != seen && (now >>> shift & 0xff) != seen) {
        return false;
      }
    }
    return true;
  }

  /** What must be set in the word around a gpa. */
  private long marks(long gpa) {
    long first = walk.marks().getOrDefault(gpa & -8L, 0L);
    long second = walk.marks().getOrDefault(gpa & -8L | 4, 0L);
    return first | second << 32;
  }

  private void apply(AccessRequest request, End expected) {
    for (Map.Entry<Long, Long> each : walk.marks().entrySet()) {
      long gpa = each.getKey();
      int page = vm.page(gpa);
      int word = GuestTranslation.word(page, gpa);
      long old = mirror.get(word);
      long now = old | each.getValue() << 8 * (gpa & 4);
      if (now != old) {
        mirror.set(word, now);
        hostSide.written(page);
      }
    }
    if (request.isWrite() && expected instanceof Reached(long gpa)) {
      store(request, gpa);
    }
  }

  private void store(AccessRequest request, long gpa) {
    int page = vm.page(gpa);
    if (page == FuzzVm.NOWHERE || vm.isReadOnly(page)) {
      return;
    }
    int word = GuestTranslation.word(page, gpa);
    long now = mirror.get(word);
    for (int i = 0; i < request.size(); i++) {
      long shift = 8 * (gpa + i & 7);
      now = now & ~(0xffL << shift) | request.valueByte(i) << shift;
    }
    mirror.set(word, now);
    hostSide.written(page);
    isNestedStale |= nestedPages.contains(page);
    isL2Stale |= l2Pages.contains(page);
    check(request, gpa);
  }

  private void check(AccessRequest request) {
    walk.nestedEntries().forEach(gpa -> check(request, gpa));
    walk.l2Entries().forEach(gpa -> check(request, gpa));
  }

  private void check(AccessRequest request, long gpa) {
    int page = vm.page(gpa);
    if (page != FuzzVm.NOWHERE) {
      int word = GuestTranslation.word(page, gpa);
      if (vm.real(word) != mirror.get(word)) {
        throw new Divergence(
            "L2's %s, %s: gpa %x holds %x, not %x"
                .formatted(
                    request.text(),
                    l2.registers().mode(),
                    gpa & -8L,
                    vm.real(word),
                    mirror.get(word)));
      }
    }
  }

  // --- where nothing is certain but that it stays in the slots ---

  private void checkPlaces(AccessRequest request) {
    WatchedMemory watch = outcome.watch();
    for (int i = 0; i < watch.count(); i++) {
      boolean isStore = watch.kind(i) == WatchedMemory.Touch.STORE;
      boolean isByVmm = !isStore && watch.kind(i) != WatchedMemory.Touch.LOAD;
      int page = isByVmm ? vm.page(watch.address(i)) : vm.pageOf(watch.address(i));
      boolean isOutside = page == FuzzVm.NOWHERE || vm.gfn(page) == FuzzVm.NOWHERE;
      boolean isKept = !isOutside && (vm.isReadOnly(page) || hostSide.isTracked(page));
      if (!isByVmm && isOutside || isStore && isKept) {
        throw new Divergence("L2's %s: %s".formatted(request.text(), outcome.text(request, vm)));
      }
      if (request.isWrite() && !isOutside) {
        vm.follow(page, mirror, hostSide::written);
      }
    }
  }

  /** L2 has flushed all of its translations: its own tables are as they are. */
  void flushed() {
    settle();
    isL2Stale = false;
  }

  /** L2 is left: memory is as it is. */
  void settle() {
    if (mayHaveMarked) {
      vm.follow(mirror, hostSide::written);
      mayHaveMarked = false;
    }
  }
}
