package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import java.util.Arrays;
import java.util.List;

/**
 * A TLB of two levels. The first is direct-mapped and made for speed, one for each privilege: for
 * each of 4 KiB of a page of any size it keeps three tags, one each for reads, writes and fetches,
 * and what to add to an address. The second is set-associative, by size of page, and keeps what the
 * guest's tables say, not what that allows: a change of CPL, EFLAGS.AC, CR0.WP, CR4.SMAP or PKRU
 * leaves it alone.
 *
 * <pre>
 *  first level, four words an entry:
 *    tag for reads | tag for writes | tag for fetches | hpa - address
 *  a tag: page address;  1: no such access
 * </pre>
 *
 * <p>The tag for writes is there only if the walk had D set: else a write must walk again to set
 * it. No entry is coherent with memory. Entries bear no PCID: whoever switches to another drops all
 * that is not global.
 */
public final class Tlb {
  static final int READ = 0;
  static final int WRITE = 1;
  static final int FETCH = 2;
  static final int DELTA = 3;

  private static final long PAGE_MASK = -1L << 12;
  private static final long NO_ACCESS = 1;
  private static final Privilege[] PRIVILEGES = Privilege.values();

  /** By privilege. */
  private final long[][] first = new long[PRIVILEGES.length][];

  /** By privilege, the entries that may know something. */
  private final FilledPlaces[] filled = new FilledPlaces[PRIVILEGES.length];

  private final TlbArray pages4k;
  private final TlbArray pages2m;
  private final TlbArray pages1g;

  /** Whether pieces of large pages may be in the first level. */
  private boolean hasPieces;

  /** Whether pieces of larger pages of the guest's may be in the second level. */
  private boolean hasFractured;

  Tlb(TlbConfig config) {
    for (int i = 0; i < first.length; i++) {
      first[i] = new long[4 * config.firstLevel()];
      Arrays.fill(first[i], NO_ACCESS);
      filled[i] = new FilledPlaces(config.firstLevel());
    }
    pages4k = new TlbArray(1, config.sets4k(), config.ways4k());
    pages2m = new TlbArray(2, config.sets2m(), config.ways2m());
    pages1g = new TlbArray(3, 1, config.entries1g());
  }

  /** The first level for accesses with a privilege: always the same array. */
  long[] first(Privilege who) {
    return first[who.ordinal()];
  }

  /** Where in a first level the entry of an address begins. */
  static int entry(long[] first, long gva) {
    return (int) gva >>> 10 & first.length - 4;
  }

  /** The tag of an address, for the accesses that its page allows. */
  static long tag(long gva) {
    return gva & PAGE_MASK;
  }

  /** The host-physical address for an access that a first level knows, or -1. */
  static long lookup(long[] first, long gva, int kind) {
    int at = entry(first, gva);
    return first[at + kind] == tag(gva) ? gva + first[at + DELTA] : -1;
  }

  /** The translation that the second level has of an address, or 0. */
  long find(long gva) {
    long translation = pages4k.find(gva);
    if (translation == 0) {
      translation = pages2m.find(gva);
      if (translation == 0) {
        translation = pages1g.find(gva);
      }
    }
    return translation;
  }

  /** Enters what a walk found. */
  void insert(long gva, long translation) {
    hasFractured |= (translation & Translation.FRACTURED) != 0;
    array(Translation.level(translation)).insert(gva, translation);
  }

  /** Brings the 4 KiB around an address into the first level, for accesses with a privilege. */
  void fillFirst(long gva, long translation, Permissions permissions, Privilege who) {
    long tag = tag(gva);
    long rights = Translation.rights(translation, permissions, who);
    boolean writes = (rights & Translation.WRITE) != 0 && (translation & Translation.DIRTY) != 0;
    long[] entries = first(who);
    int at = entry(entries, gva);
    if (isEmpty(entries, at)) {
      filled[who.ordinal()].add(at);
    }
    entries[at + READ] = (rights & Translation.READ) != 0 ? tag : NO_ACCESS;
    entries[at + WRITE] = writes ? tag : NO_ACCESS;
    entries[at + FETCH] = (rights & Translation.EXECUTE) != 0 ? tag : NO_ACCESS;
    entries[at + DELTA] = Translation.hpa(translation, tag) - tag;
    hasPieces |= Translation.level(translation) > 1 || (translation & Translation.FRACTURED) != 0;
  }

  /** Drops what translates an address, global or not: all of the page, whatever its size. */
  void drop(long gva) {
    if (hasPieces) {
      // Pieces of a large page lie at many places of the first level.
      clearFirst();
    }
    if (hasFractured) {
      pages4k.dropFractured();
      pages2m.dropFractured();
      hasFractured = false;
    }
    dropFaulting(gva);
  }

  /**
   * Drops what translates an address whose access has faulted; other pieces of a large page may
   * stay.
   */
  void dropFaulting(long gva) {
    for (int i = 0; i < first.length; i++) {
      if (filled[i].isAny() || filled[i].count() > 0) {
        dropEntry(first[i], entry(first[i], gva));
      }
    }
    pages4k.drop(gva);
    pages2m.drop(gva);
    pages1g.drop(gva);
  }

  /** Drops all but global translations. */
  void dropNonGlobal() {
    clearFirst();
    pages4k.dropNonGlobal();
    pages2m.dropNonGlobal();
    pages1g.dropNonGlobal();
  }

  /** Drops everything. */
  void clear() {
    clearFirst();
    pages4k.clear();
    pages2m.clear();
    pages1g.clear();
    hasFractured = false;
  }

  /** Empties the first level: what the guest's rights allow has changed. */
  void clearFirst() {
    for (int i = 0; i < first.length; i++) {
      clearFirst(first[i], filled[i]);
    }
    hasPieces = false;
  }

  private static void clearFirst(long[] entries, FilledPlaces places) {
    if (places.isAny()) {
      Arrays.fill(entries, NO_ACCESS);
    } else {
      for (int i = 0; i < places.count(); i++) {
        dropEntry(entries, places.get(i));
      }
    }
    places.clear();
  }

  private static boolean isEmpty(long[] entries, int at) {
    return entries[at + READ] == NO_ACCESS
        && entries[at + WRITE] == NO_ACCESS
        && entries[at + FETCH] == NO_ACCESS;
  }

  /** Adds what it holds: the second level, and what only the first knows. */
  void list(List<CachedTranslation> into) {
    pages4k.list(CachedTranslation.Cache.TLB, into);
    pages2m.list(CachedTranslation.Cache.TLB, into);
    pages1g.list(CachedTranslation.Cache.TLB, into);
    for (Privilege who : PRIVILEGES) {
      listFirst(first(who), who.isUser(), into);
    }
  }

  private void listFirst(long[] entries, boolean isUser, List<CachedTranslation> into) {
    for (int at = 0; at < entries.length; at += 4) {
      long rights = 0;
      long tag = NO_ACCESS;
      for (int kind = READ; kind <= FETCH; kind++) {
        if (entries[at + kind] != NO_ACCESS) {
          tag = entries[at + kind];
          rights |= Translation.READ << kind;
        }
      }
      if (rights != 0 && find(tag) == 0) {
        long guest = isUser ? Translation.UNPAGED : GuestEntry.WRITABLE;
        long flags = (rights & Translation.WRITE) != 0 ? Translation.DIRTY : 0;
        long translation = Translation.make(tag + entries[at + DELTA], 1, rights, guest, flags);
        into.add(CachedTranslation.of(CachedTranslation.Cache.TLB, tag, translation));
      }
    }
  }

  private static void dropEntry(long[] entries, int at) {
    entries[at + READ] = NO_ACCESS;
    entries[at + WRITE] = NO_ACCESS;
    entries[at + FETCH] = NO_ACCESS;
  }

  private TlbArray array(int level) {
    return switch (level) {
      case 1 -> pages4k;
      case 2 -> pages2m;
      default -> pages1g;
    };
  }
}
