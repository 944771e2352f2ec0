package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.arch.ReferenceWalk;
import dev.gnomon.mmu.arch.ReferenceWalk.Fault;
import dev.gnomon.mmu.arch.ReferenceWalk.Result;
import dev.gnomon.mmu.arch.ReferenceWalk.Translated;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.ArrayList;
import java.util.List;

/**
 * Does accesses of the guest's, and checks what came of each: value or fault, where it went, A and
 * D of the entries. What the tables say now is right; what they said when the guest last flushed is
 * looked at only when that is not what happened.
 */
final class GuestAccess {
  private static final long PAGE_MASK = PhysicalMemory.FRAME_SIZE - 1;
  private static final long NONE = -1;

  private final FuzzVm vm;
  private final Vcpu vcpu;
  private final Mirror mirror;
  private final GuestTranslation guest;
  private final HostSide hostSide;
  private final boolean isShadow;

  // What is done.
  private AccessKind kind = AccessKind.READ;
  private Privilege who = Privilege.SUPERVISOR;
  private long gva;
  private int size;
  private long value;
  private int firstPart;

  // What came of it.
  private boolean isFault;
  private long faultGva;
  private long faultCode;
  private long hpa;
  private long seen;

  private final long[] entries = new long[12];
  private final long[] required = new long[12];
  private int count;
  private boolean flip;
  private boolean isUnmarked;

  /** Whether something stale was seen: A and D may have been set elsewhere. */
  private boolean hasSeenStale;

  GuestAccess(
      FuzzVm vm, Mirror mirror, GuestTranslation guest, HostSide hostSide, boolean isShadow) {
    this.isShadow = isShadow;
    this.vm = vm;
    vcpu = vm.vcpu;
    this.mirror = mirror;
    this.guest = guest;
    this.hostSide = hostSide;
  }

  boolean hasSeenStale() {
    return hasSeenStale;
  }

  /** Does one. */
  void access(AccessKind what, boolean isImplicit, long linear, int bytes, long written) {
    kind = what;
    who = isImplicit ? Privilege.SUPERVISOR : guest.registers().privilege();
    gva = linear;
    size = bytes;
    value = bytes == 8 ? written : written & (1L << 8 * bytes) - 1;
    boolean isCrossing = (gva & PAGE_MASK) + size > PhysicalMemory.FRAME_SIZE;
    firstPart = isCrossing ? (int) (PhysicalMemory.FRAME_SIZE - (gva & PAGE_MASK)) : size;
    count = 0;
    Result first = guest.walk(gva, kind, who);
    collect(first);
    Result second = first;
    if (isCrossing && first instanceof Translated) {
      second = guest.walk(gva + firstPart, kind, who);
      collect(second);
    }
    boolean isWhole = Integer.bitCount(size) == 1 && (gva & size - 1) == 0;
    if (kind == AccessKind.WRITE && isGoing(first, second)) {
      if (!isWhole && overlapsEntries(first, second)) {
        return;
      }
      if (holds(first, second)) {
        value ^= 1;
      }
    }
    flip = !flip;
    perform(isWhole && !isImplicit && flip, isImplicit);
    boolean isExplained = isExplainedBy(first, second);
    isUnmarked = isExplained && !areEntriesMarked(first, second);
    if (isExplained && !isUnmarked && !mayBeElsewhere(first, second)) {
      apply(first, second);
      compareEntries();
    } else {
      acceptStale(first, second, isCrossing);
    }
  }

  private void collect(Result result) {
    for (int i = 0; i < guest.reads; i++) {
      boolean isLeaf = i == guest.reads - 1;
      entries[count] = guest.read[i];
      required[count] =
          !(result instanceof Translated)
              ? 0
              : GuestEntry.ACCESSED | (isLeaf && marksDirty(result) ? GuestEntry.DIRTY : 0);
      count++;
    }
  }

  /**
   * Whether an access sets D. That of a page without memory need not be set where tables are
   * shadowed: what is remembered of MMIO does not say whether it is, in KVM neither.
   */
  private boolean marksDirty(Result result) {
    return kind == AccessKind.WRITE
        && result instanceof Translated translated
        && (!isShadow || vm.page(translated.address()) != FuzzVm.NOWHERE);
  }

  private static boolean isGoing(Result first, Result second) {
    return first instanceof Translated && second instanceof Translated;
  }

  // --- where bytes are ---

  private static long address(Result result) {
    return ((Translated) result).address();
  }

  private long gpa(int at, Result first, Result second) {
    return at < firstPart ? address(first) + at : address(second) + at - firstPart;
  }

  private boolean overlapsEntries(Result first, Result second) {
    for (int at = 0; at < size; at++) {
      long word = gpa(at, first, second) >>> 3;
      for (int i = 0; i < count; i++) {
        if (entries[i] >>> 3 == word) {
          return true;
        }
      }
    }
    return false;
  }

  private boolean holds(Result first, Result second) {
    for (int at = 0; at < size; at++) {
      if (mirrored(gpa(at, first, second)) != (value >>> 8 * at & 0xff)) {
        return false;
      }
    }
    return true;
  }

  private long mirrored(long gpa) {
    int page = vm.page(gpa);
    return page == FuzzVm.NOWHERE
        ? 0xff
        : mirror.get(GuestTranslation.word(page, gpa)) >>> 8 * (gpa & 7) & 0xff;
  }

  // --- what happens ---

  private void perform(boolean isByAddress, boolean isImplicit) {
    isFault = false;
    hpa = NONE;
    seen = 0;
    try {
      if (isByAddress) {
        performByAddress();
      } else {
        switch (kind) {
          case READ -> seen = isImplicit ? vcpu.readSystem(gva, size) : vcpu.read(gva, size);
          case FETCH -> seen = vcpu.fetch(gva, size);
          case WRITE -> {
            if (isImplicit) {
              vcpu.writeSystem(gva, size, value);
            } else {
              vcpu.write(gva, size, value);
            }
          }
        }
      }
    } catch (FuzzVm.GuestFault fault) {
      isFault = true;
      faultGva = fault.gva;
      faultCode = fault.code;
    }
  }

  private void performByAddress() {
    if (vcpu.isInterrupted()) {
      vcpu.takeRequests();
    }
    hpa =
        switch (kind) {
          case READ -> vcpu.readable(gva);
          case WRITE -> vcpu.writable(gva);
          case FETCH -> vcpu.executable(gva);
        };
    if (kind == AccessKind.WRITE) {
      if (hpa < 0) {
        vcpu.emulateWrite(size, value);
      } else {
        store();
      }
    } else {
      seen = hpa < 0 ? vcpu.emulateRead(size) : load();
    }
  }

  private long load() {
    return switch (size) {
      case 1 -> vm.memory.getByte(hpa) & 0xffL;
      case 2 -> vm.memory.getShort(hpa) & 0xffffL;
      case 4 -> vm.memory.getInt(hpa) & 0xffff_ffffL;
      default -> vm.memory.getLong(hpa);
    };
  }

  private void store() {
    switch (size) {
      case 1 -> vm.memory.setByte(hpa, (byte) value);
      case 2 -> vm.memory.setShort(hpa, (short) value);
      case 4 -> vm.memory.setInt(hpa, (int) value);
      default -> vm.memory.setLong(hpa, value);
    }
  }

  // --- whether that is right ---

  /** Pieces of an access may find their page cached or not. */
  private boolean isWithin(long start, int bytes) {
    return faultGva == start || faultGva > start && faultGva < start + bytes && guest.hasPast();
  }

  private boolean isExplainedBy(Result first, Result second) {
    if (first instanceof Fault(long code)) {
      return isFault && faultCode == code && isWithin(gva, firstPart);
    }
    if (second instanceof Fault(long code)) {
      return isFault && faultCode == code && isWithin(gva + firstPart, size - firstPart);
    }
    if (isFault) {
      return false;
    }
    if (hpa >= 0) {
      long gpa = address(first);
      int page = vm.page(gpa);
      if (page == FuzzVm.NOWHERE || vm.hpa(page) + (gpa & PAGE_MASK) != hpa) {
        return false;
      }
    }
    if (kind == AccessKind.WRITE) {
      return isWritten(first, second);
    }
    for (int at = 0; at < size; at++) {
      if (mirrored(gpa(at, first, second)) != (seen >>> 8 * at & 0xff)) {
        // A read that sets A in what it reads sees it.
        return isSelfRead(first, second);
      }
    }
    return true;
  }

  /** Whether a read has seen memory as it is now, of entries that it had to change. */
  private boolean isSelfRead(Result first, Result second) {
    for (int at = 0; at < size; at++) {
      long gpa = gpa(at, first, second);
      int page = vm.page(gpa);
      long now =
          page == FuzzVm.NOWHERE
              ? 0xff
              : vm.real(GuestTranslation.word(page, gpa)) >>> 8 * (gpa & 7) & 0xff;
      boolean isEntry = false;
      for (int i = 0; i < count; i++) {
        isEntry |= entries[i] >>> 3 == gpa >>> 3;
      }
      if (now != (seen >>> 8 * at & 0xff) || (!isEntry && now != mirrored(gpa))) {
        return false;
      }
    }
    return true;
  }

  private boolean isWritten(Result first, Result second) {
    for (int at = 0; at < size; at++) {
      long gpa = gpa(at, first, second);
      int page = vm.page(gpa);
      if (page != FuzzVm.NOWHERE) {
        long now = vm.real(GuestTranslation.word(page, gpa)) >>> 8 * (gpa & 7) & 0xff;
        if (now != (value >>> 8 * at & 0xff)) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether a write that left no trace may have gone to memory by way of something cached. */
  private boolean mayBeElsewhere(Result first, Result second) {
    return kind == AccessKind.WRITE
        && hpa < 0
        && isGoing(first, second)
        && (vm.page(address(first)) == FuzzVm.NOWHERE || vm.page(address(second)) == FuzzVm.NOWHERE)
        && guest.hasPast();
  }

  /** Whether entries have what the walk had to set; it may have been cached. */
  private boolean areEntriesMarked(Result first, Result second) {
    for (int i = 0; i < count; i++) {
      int page = vm.page(entries[i]);
      if (page == FuzzVm.NOWHERE || required[i] == 0 || isOverwritten(entries[i], first, second)) {
        continue;
      }
      long real = vm.real(GuestTranslation.word(page, entries[i])) >>> 8 * (entries[i] & 4);
      if ((real & required[i]) != required[i]) {
        if (!isCached(first, gva) && !isCached(second, gva + firstPart)) {
          return false;
        }
        required[i] &= real;
      }
    }
    return true;
  }

  private boolean isCached(Result result, long linear) {
    boolean[] found = new boolean[1];
    long needed = GuestEntry.ACCESSED | (kind == AccessKind.WRITE ? GuestEntry.DIRTY : 0);
    if (result instanceof Translated translated) {
      guest.stale(
          linear,
          kind,
          who,
          (past, leaf, isPast) ->
              found[0] |=
                  isPast
                      && (leaf & needed) == needed
                      && past instanceof Translated other
                      && other.address() == translated.address());
    }
    return found[0];
  }

  private boolean isOverwritten(long entry, Result first, Result second) {
    if (kind != AccessKind.WRITE || isFault) {
      return false;
    }
    for (int at = 0; at < size; at++) {
      if (gpa(at, first, second) >>> 3 == entry >>> 3) {
        return true;
      }
    }
    return false;
  }

  /** Has the mirror follow: first A and D, then what was written. */
  private void apply(Result first, Result second) {
    for (int i = 0; i < count; i++) {
      set(entries[i] & -8L, required[i] << 8 * (entries[i] & 4), 0);
    }
    if (kind == AccessKind.WRITE && !isFault) {
      for (int at = 0; at < size; ) {
        long gpa = gpa(at, first, second);
        long mask = 0;
        long bits = 0;
        do {
          mask |= 0xffL << 8 * (gpa & 7);
          bits |= (value >>> 8 * at & 0xff) << 8 * (gpa & 7);
          at++;
          gpa++;
        } while (at < size && at != firstPart && (gpa & 7) != 0);
        written(gpa - 1, bits, mask);
      }
    }
  }

  private void written(long gpa, long bits, long mask) {
    int page = vm.page(gpa);
    if (page == FuzzVm.NOWHERE) {
      return;
    }
    if (hpa >= 0 && hostSide.isTracked(page)) {
      throw new Divergence("%s: a write to a tracked page did not leave".formatted(describe()));
    }
    set(gpa & -8L, bits, mask);
    hostSide.written(page);
  }

  private void set(long gpa, long bits, long mask) {
    int page = vm.page(gpa);
    if (page != FuzzVm.NOWHERE) {
      int word = GuestTranslation.word(page, gpa);
      long old = mirror.get(word);
      long now = old & ~mask | bits;
      if (now != old) {
        mirror.set(word, now);
        hostSide.written(page);
      }
    }
  }

  /** Nothing but A, early, may have changed in the entries that were read. */
  private void compareEntries() {
    for (int i = 0; i < count; i++) {
      int page = vm.page(entries[i]);
      if (page != FuzzVm.NOWHERE) {
        int word = GuestTranslation.word(page, entries[i]);
        long expected = mirror.get(word);
        long real = vm.real(word);
        long early = GuestEntry.ACCESSED << 8 * (entries[i] & 4);
        if (kind == AccessKind.WRITE && (isShadow && !isFault || isFault && firstPart < size)) {
          early |= GuestEntry.DIRTY << 8 * (entries[i] & 4);
        }
        if (real != expected) {
          if (!hasSeenStale && (real & ~early) != (expected & ~early) || (expected & ~real) != 0) {
            throw new Divergence(
                "%s: the entry at %x holds %x, not %x"
                    .formatted(describe(), entries[i], real, expected));
          }
          mirror.set(word, real);
          hostSide.written(page);
        }
      }
    }
  }

  // --- what may be stale ---

  private record Past(Result result, boolean isPast) {}

  private List<Past> pasts(long linear) {
    List<Past> all = new ArrayList<>();
    guest.stale(
        linear,
        kind,
        who,
        (result, leaf, isPast) -> {
          if (isPast) {
            all.add(new Past(result, true));
          }
        });
    all.add(new Past(guest.walk(linear, kind, who), false));
    return all;
  }

  private void acceptStale(Result first, Result second, boolean isCrossing) {
    List<Past> firsts = pasts(gva);
    List<Past> seconds = isCrossing ? pasts(gva + firstPart) : List.of();
    // A write to memory is told apart from one that leaves no trace: the more of it, the better.
    for (int inMemory = kind == AccessKind.WRITE ? 2 : 0; inMemory >= 0; inMemory--) {
      if (isAcceptedOf(firsts, seconds, isCrossing, inMemory)) {
        return;
      }
    }
    throw new Divergence(
        "%s: %s; but %s%s"
            .formatted(
                describe(),
                outcome(),
                wanted(first, second),
                isUnmarked ? ", and A or D is not set" : ""));
  }

  private int inMemory(Result result) {
    boolean isMemory =
        result instanceof Translated translated && vm.page(translated.address()) != FuzzVm.NOWHERE;
    return isMemory ? 1 : 0;
  }

  private boolean isAcceptedOf(
      List<Past> firsts, List<Past> seconds, boolean isCrossing, int inMemory) {
    for (Past one : firsts) {
      boolean isAlone = !isCrossing || one.result instanceof Fault;
      for (Past other : isAlone ? List.of(one) : seconds) {
        if ((!isUnmarked || one.isPast || other.isPast)
            && inMemory(one.result) + inMemory(other.result) >= inMemory
            && isExplainedBy(one.result, other.result)) {
          accept(one.result, other.result);
          return true;
        }
      }
    }
    return false;
  }

  private void accept(Result first, Result second) {
    hasSeenStale = true;
    for (int i = 0; i < count; i++) {
      required[i] = 0;
    }
    apply(first, second);
    for (int i = 0; i < count; i++) {
      int page = vm.page(entries[i]);
      if (page != FuzzVm.NOWHERE) {
        int word = GuestTranslation.word(page, entries[i]);
        long real = vm.real(word);
        long marks = GuestEntry.ACCESSED | GuestEntry.DIRTY;
        if (real != mirror.get(word) && ((real ^ mirror.get(word)) & ~(marks | marks << 32)) == 0) {
          mirror.set(word, real);
          hostSide.written(page);
        }
      }
    }
  }

  // --- in words ---

  private String describe() {
    return "%s %s of %d bytes at %x, %s".formatted(who, kind, size, gva, guest.registers().mode());
  }

  private String outcome() {
    if (isFault) {
      return "fault %x at %x".formatted(faultCode, faultGva);
    }
    String where = hpa < 0 ? "" : " at hpa %x (%s)".formatted(hpa, whose());
    return kind == AccessKind.WRITE ? "written" + where : "read %x%s".formatted(seen, where);
  }

  private String whose() {
    for (int page = 0; page < FuzzVm.PAGES; page++) {
      if (vm.hpa(page) == (hpa & ~PAGE_MASK)) {
        return "page %x".formatted(page);
      }
    }
    return "outside the slots";
  }

  private String wanted(Result first, Result second) {
    return first.equals(second)
        ? "the tables say " + words(first)
        : "the tables say %s, %s".formatted(words(first), words(second));
  }

  private static String words(ReferenceWalk.Result result) {
    return switch (result) {
      case Fault(long code) -> "fault %x".formatted(code);
      case Translated translated -> "gpa %x".formatted(translated.address());
    };
  }
}
