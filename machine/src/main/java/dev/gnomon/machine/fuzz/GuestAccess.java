package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.Privilege;
import java.util.ArrayList;
import java.util.List;

/**
 * Does accesses of a vCPU's, and checks what came of each: value or fault, where every piece went,
 * A and D of the entries. What the tables say now is looked at first; what the processor may have
 * cached, only if that is not what happened, or if it may have led a walk astray for a while.
 */
final class GuestAccess implements Accesses {
  private final FuzzVm vm;
  private final Mirror mirror;
  private final GuestTranslation guest;
  private final CachedWays cached;
  private final HostSide hostSide;
  private final Explanation explanation;
  private final AccessOutcome outcome;
  private boolean flip;

  GuestAccess(FuzzVm vm, int vcpu, Mirror mirror, GuestTranslation guest, HostSide hostSide) {
    this.vm = vm;
    this.mirror = mirror;
    this.guest = guest;
    this.hostSide = hostSide;
    cached = new CachedWays(vm, mirror, guest);
    explanation = new Explanation(vm, mirror, guest, hostSide);
    outcome = new AccessOutcome(vm.vcpu(vcpu), vm.watch(vcpu));
  }

  @Override
  public void access(AccessKind kind, boolean isImplicit, long gva, int size, long value) {
    Privilege who = isImplicit ? Privilege.SUPERVISOR : guest.registers().privilege();
    long kept = size == 8 ? value : value & (1L << 8 * size) - 1;
    AccessRequest request = new AccessRequest(kind, who, isImplicit, gva, size, kept);
    Way first = guest.walk(gva, kind, who);
    long border = gva + request.firstPart();
    Way second = request.isCrossing() ? guest.walk(border, kind, who) : first;
    boolean isPieced = !request.isWhole();
    if (isPieced && request.isWrite() && overlapsEntries(request, first, second)) {
      // The second piece would go by what the first has written.
      return;
    }
    boolean mayStray =
        cached.mayStray(first, gva, kind)
            || request.isCrossing() && cached.mayStray(second, border, kind);
    flip = !flip;
    outcome.perform(request, !isPieced && !isImplicit && flip);
    List<Way> firstStrays = List.of();
    List<Way> secondStrays = List.of();
    if (mayStray) {
      firstStrays = cached.strays(gva, kind, who);
      secondStrays = request.isCrossing() ? cached.strays(border, kind, who) : List.of();
    }
    if (!explanation.isFound(request, outcome, List.of(first), List.of(second))) {
      List<Way> firsts = with(first, firstStrays, cached.globals(gva, kind, who));
      List<Way> seconds =
          request.isCrossing()
              ? with(second, secondStrays, cached.globals(border, kind, who))
              : firsts;
      if (!explanation.isFound(request, outcome, firsts, seconds)) {
        throw divergence(request, first, second);
      }
    }
    apply(request);
    absorb(request, firstStrays);
    absorb(request, secondStrays);
    check(request);
  }

  private static List<Way> with(Way now, List<Way> strays, List<Way> globals) {
    List<Way> all = new ArrayList<>();
    all.add(now);
    all.addAll(strays);
    all.addAll(globals);
    return all;
  }

  private boolean overlapsEntries(AccessRequest request, Way first, Way second) {
    if (first.isFault() || second.isFault()) {
      return false;
    }
    for (int at = 0; at < request.size(); at++) {
      int firstPart = request.firstPart();
      long gpa = at < firstPart ? first.gpa() + at : second.gpa() + at - firstPart;
      if (isEntry(first, gpa) || isEntry(second, gpa)) {
        return true;
      }
    }
    return false;
  }

  private static boolean isEntry(Way way, long gpa) {
    for (long entry : way.entries()) {
      if (entry >>> 3 == gpa >>> 3) {
        return true;
      }
    }
    return false;
  }

  // --- the mirror follows ---

  /** First A and D, then what was written. */
  private void apply(AccessRequest request) {
    Way last = null;
    for (int piece = 0; piece < explanation.pieces(); piece++) {
      Way way = explanation.way(piece);
      if (way != last) {
        last = way;
        mark(request, way);
      }
    }
    for (int piece = 0; piece < explanation.pieces(); piece++) {
      if (explanation.isStored(piece)) {
        store(request, piece);
      }
    }
  }

  private void mark(AccessRequest request, Way way) {
    for (int i = 0; i < way.entries().length; i++) {
      long marks = explanation.marks(request, way, i);
      if (marks != 0) {
        long entry = way.entries()[i];
        int page = vm.page(entry);
        int word = GuestTranslation.word(page, entry);
        long old = mirror.get(word);
        long now = old | marks << 8 * (entry & 4);
        if (now != old) {
          mirror.set(word, now);
          hostSide.written(page);
        }
      }
    }
  }

  /** A piece lies within a word. */
  private void store(AccessRequest request, int piece) {
    long gpa = explanation.gpa(piece);
    int page = vm.page(gpa);
    int word = GuestTranslation.word(page, gpa);
    long now = mirror.get(word);
    for (int i = 0; i < explanation.size(piece); i++) {
      long shift = 8 * (gpa + i & 7);
      long value = request.valueByte(explanation.start(piece) + i);
      now = now & ~(0xffL << shift) | value << shift;
    }
    if (now != mirror.get(word)) {
      mirror.set(word, now);
    }
    hostSide.written(page);
  }

  /**
   * A walk by way of something cached may have set A, and for a write D in a leaf, and then have
   * begun again by what the tables say.
   */
  private void absorb(AccessRequest request, List<Way> strays) {
    for (Way way : strays) {
      for (int i = 0; i < way.entries().length; i++) {
        boolean setsDirty = request.isWrite() && way.isLeaf(i);
        absorb(way.entries()[i], GuestEntry.ACCESSED | (setsDirty ? GuestEntry.DIRTY : 0));
      }
    }
  }

  /** Takes what memory has of the marks; of two entries in one word, those of this. */
  private void absorb(long entry, long marks) {
    int page = vm.page(entry);
    if (page != FuzzVm.NOWHERE) {
      int word = GuestTranslation.word(page, entry);
      long must = mirror.get(word);
      long now = must | vm.real(word) & marks << 8 * (entry & 4);
      if (now != must) {
        mirror.set(word, now);
        hostSide.written(page);
      }
    }
  }

  // --- memory is as it must be ---

  private void check(AccessRequest request) {
    for (int piece = 0; piece < explanation.pieces(); piece++) {
      Way way = explanation.way(piece);
      if (request.isWrite()
          && !way.isFault()
          && way.entries().length > 0
          && guest.mayLackDirty(way, request.who())) {
        absorb(way.entries()[way.entries().length - 1], GuestEntry.DIRTY);
      }
    }
    for (int piece = 0; piece < explanation.pieces(); piece++) {
      Way way = explanation.way(piece);
      if (!way.isFault()) {
        check(request, explanation.gpa(piece), "the word");
      }
      for (long entry : way.entries()) {
        check(request, entry, "the entry");
      }
    }
  }

  private void check(AccessRequest request, long gpa, String what) {
    int page = vm.page(gpa);
    if (page != FuzzVm.NOWHERE) {
      int word = GuestTranslation.word(page, gpa);
      if (vm.real(word) != mirror.get(word)) {
        throw new Divergence(
            "%s, %s: %s at gpa %x holds %x, not %x"
                .formatted(
                    request.text(),
                    guest.registers().mode(),
                    what,
                    gpa & -8L,
                    vm.real(word),
                    mirror.get(word)));
      }
    }
  }

  private Divergence divergence(AccessRequest request, Way first, Way second) {
    String wanted = request.isCrossing() ? first.text() + ", " + second.text() : first.text();
    return new Divergence(
        "%s, %s: %s; but the tables say %s"
            .formatted(
                request.text(), guest.registers().mode(), outcome.text(request, vm), wanted));
  }
}
