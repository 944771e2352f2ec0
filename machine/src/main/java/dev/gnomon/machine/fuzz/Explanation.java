package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.GuestEntry;
import java.util.List;

/**
 * Whether what came of an access follows from ways that its walks may have taken: for each piece
 * one that leads just where the piece went, or that ends in the fault; and with A and D set in what
 * was read on it.
 */
final class Explanation {
  /** A and D, in both halves of a word. */
  static final long MARKS = (GuestEntry.ACCESSED | GuestEntry.DIRTY) * (1 + (1L << 32));

  private static final long OFFSET = 0xfff;
  private static final int MOST_PIECES = 9;

  private final FuzzVm vm;
  private final Mirror mirror;
  private final GuestTranslation guest;
  private final HostSide hostSide;

  private final Way[] ways = new Way[MOST_PIECES];
  private final long[] gpas = new long[MOST_PIECES];
  private final int[] starts = new int[MOST_PIECES];
  private final int[] sizes = new int[MOST_PIECES];
  private final boolean[] isStored = new boolean[MOST_PIECES];
  private int pieces;
  private int touch;

  Explanation(FuzzVm vm, Mirror mirror, GuestTranslation guest, HostSide hostSide) {
    this.vm = vm;
    this.mirror = mirror;
    this.hostSide = hostSide;
    this.guest = guest;
  }

  // --- what was found ---

  /** How many pieces are explained: all, or those up to the fault. */
  int pieces() {
    return pieces;
  }

  /** By which way. */
  Way way(int piece) {
    return ways[piece];
  }

  /** Where a piece went; of no account for the one that faulted. */
  long gpa(int piece) {
    return gpas[piece];
  }

  /** Where in the access a piece begins. */
  int start(int piece) {
    return starts[piece];
  }

  int size(int piece) {
    return sizes[piece];
  }

  /** Whether it has changed memory. */
  boolean isStored(int piece) {
    return isStored[piece];
  }

  // --- finding it ---

  /**
   * Looks for one. Memory is as it is after the access, the mirror as it was before.
   *
   * @param firsts the ways that the first page's walk may have taken, the likeliest first
   * @param seconds those of the second page
   */
  boolean isFound(
      AccessRequest request, AccessOutcome outcome, List<Way> firsts, List<Way> seconds) {
    pieces = 0;
    touch = 0;
    boolean isRefused =
        outcome.isFault()
            && request.isWrite()
            && request.isCrossing()
            && outcome.watch().count() == 0;
    int firstPart = request.firstPart();
    for (int done = 0; done < request.size(); ) {
      boolean isFirst = done < firstPart;
      List<Way> possible = isFirst ? firsts : seconds;
      boolean isFaulting = outcome.isFault() && outcome.faultGva() == request.gva() + done;
      starts[pieces] = done;
      sizes[pieces] = request.isWhole() ? request.size() : request.piece(done);
      int delta = isFirst ? done : done - firstPart;
      boolean isExplained =
          isFaulting
              ? faults(outcome, possible)
              : isRefused
                  ? leads(request, outcome, possible, delta)
                  : goes(request, outcome, possible, delta);
      if (!isExplained) {
        return false;
      }
      done += sizes[pieces];
      pieces++;
      if (isFaulting) {
        return touch == outcome.watch().count();
      }
    }
    return !outcome.isFault() && touch == outcome.watch().count();
  }

  /** Some way ends in the fault. */
  private boolean faults(AccessOutcome outcome, List<Way> possible) {
    for (Way way : possible) {
      if (way.isFault() && way.code() == outcome.faultCode()) {
        isStored[pieces] = false;
        ways[pieces] = way;
        return true;
      }
    }
    return false;
  }

  /** Some way leads somewhere, though nothing was written there because another page refused it. */
  private boolean leads(
      AccessRequest request, AccessOutcome outcome, List<Way> possible, int delta) {
    for (Way way : possible) {
      if (!way.isFault() && isMarked(request, outcome, way)) {
        isStored[pieces] = false;
        ways[pieces] = way;
        gpas[pieces] = way.gpa() + delta;
        return true;
      }
    }
    return false;
  }

  /** Some way leads where the piece went. */
  private boolean goes(
      AccessRequest request, AccessOutcome outcome, List<Way> possible, int delta) {
    WatchedMemory watch = outcome.watch();
    if (touch == watch.count() || watch.size(touch) != sizes[pieces]) {
      return false;
    }
    for (Way way : possible) {
      if (way.isFault()) {
        continue;
      }
      long gpa = way.gpa() + delta;
      int page = vm.page(gpa);
      if (isPlace(watch, gpa, page)
          && isMarked(request, outcome, way)
          && isRead(request, outcome, gpa, page)) {
        isStored[pieces] = request.isWrite() && page != FuzzVm.NOWHERE && !vm.isReadOnly(page);
        ways[pieces] = way;
        gpas[pieces] = gpa;
        touch++;
        return true;
      }
    }
    return false;
  }

  private boolean isPlace(WatchedMemory watch, long gpa, int page) {
    long address = watch.address(touch);
    boolean isHere = page != FuzzVm.NOWHERE && vm.hpa(page) + (gpa & OFFSET) == address;
    return switch (watch.kind(touch)) {
      case LOAD -> isHere;
      case STORE -> isHere && !vm.isReadOnly(page) && !hostSide.isTracked(page);
      case VMM_READ, VMM_WRITE -> gpa == address;
    };
  }

  /** Whether what was read is what is there: as it was, or with A and D that the access has set. */
  private boolean isRead(AccessRequest request, AccessOutcome outcome, long gpa, int page) {
    if (request.isWrite() || outcome.isFault()) {
      return true;
    }
    long before = -1;
    long now = -1;
    if (page != FuzzVm.NOWHERE) {
      int word = GuestTranslation.word(page, gpa);
      before = mirror.get(word);
      now = vm.real(word);
      now = ((before ^ now) & ~MARKS) == 0 ? now : before;
    }
    for (int i = 0; i < sizes[pieces]; i++) {
      long shift = 8 * (gpa + i & 7);
      long seen = outcome.seenByte(starts[pieces] + i);
      if ((before >>> shift & 0xff) != seen && (now >>> shift & 0xff) != seen) {
        return false;
      }
    }
    return true;
  }

  /** Whether the entries that were read on a way have A, and the leaf D after a write. */
  private boolean isMarked(AccessRequest request, AccessOutcome outcome, Way way) {
    for (int i = 0; i < way.entries().length; i++) {
      long gpa = way.entries()[i];
      long needed = marks(request, way, i);
      if (needed != 0 && !isOverwritten(outcome, gpa)) {
        long real = vm.real(GuestTranslation.word(vm.page(gpa), gpa)) >>> 8 * (gpa & 4);
        if ((real & needed) != needed) {
          return false;
        }
      }
    }
    return true;
  }

  /** What an access sets in an entry of its way. */
  long marks(AccessRequest request, Way way, int entry) {
    int page = vm.page(way.entries()[entry]);
    if (page == FuzzVm.NOWHERE || vm.isReadOnly(page) || way.isCached()[entry] || way.isFault()) {
      return 0;
    }
    boolean isDirty =
        request.isWrite() && way.isLeaf(entry) && !guest.mayLackDirty(way, request.who());
    return GuestEntry.ACCESSED | (isDirty ? GuestEntry.DIRTY : 0);
  }

  /** Whether the byte with A and D has been written by the access itself. */
  private boolean isOverwritten(AccessOutcome outcome, long entry) {
    WatchedMemory watch = outcome.watch();
    long hpa = vm.hpa(vm.page(entry)) + (entry & OFFSET);
    for (int i = 0; i < watch.count(); i++) {
      WatchedMemory.Touch kind = watch.kind(i);
      long marked = kind == WatchedMemory.Touch.STORE ? hpa : entry;
      boolean isWrite = kind == WatchedMemory.Touch.STORE || kind == WatchedMemory.Touch.VMM_WRITE;
      if (isWrite && marked >= watch.address(i) && marked < watch.address(i) + watch.size(i)) {
        return true;
      }
    }
    return false;
  }
}
