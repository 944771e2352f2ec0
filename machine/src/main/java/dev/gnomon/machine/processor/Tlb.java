package dev.gnomon.machine.processor;

import java.util.Arrays;

/**
 * A TLB of two levels. The first is direct-mapped and made for speed: for each of 4 KiB of a page of any
 * size it keeps three tags, one each for reads, writes and fetches in the mode of the fill, and what to add
 * to an address. The second is set-associative, by size of page.
 *
 * <pre>
 *  first level, four words an entry:
 *    tag for reads | tag for writes | tag for fetches | hpa - address
 *  a tag: page address | mode | 1;  0: no such access
 * </pre>
 *
 * <p>The tag for writes is there only if the walk had D set: else a write must walk again to set it. No
 * entry is coherent with memory.
 */
public final class Tlb {
  static final int READ = 0;
  static final int WRITE = 1;
  static final int FETCH = 2;
  private static final int DELTA = 3;

  private static final long PAGE_MASK = -1L << 12;
  private static final long SUPERVISOR_TAG = 1;
  private static final long USER_TAG = 3;

  private final long[] first;
  private final int indexMask;
  private final TlbArray pages4k;
  private final TlbArray pages2m;
  private final TlbArray pages1g;

  Tlb(TlbConfig config) {
    first = new long[4 * config.firstLevel()];
    indexMask = config.firstLevel() - 1;
    pages4k = new TlbArray(1, config.sets4k(), config.ways4k());
    pages2m = new TlbArray(2, config.sets2m(), config.ways2m());
    pages1g = new TlbArray(3, 1, config.entries1g());
  }

  /** The mode part of a tag. */
  static long modeTag(boolean isUser) {
    return isUser ? USER_TAG : SUPERVISOR_TAG;
  }

  /** The host-physical address for an access that the first level knows, or -1. */
  long lookup(long gva, int kind, long modeTag) {
    long[] entries = first;
    int at = ((int) (gva >>> 12) & indexMask) << 2;
    return entries[at + kind] == (gva & PAGE_MASK | modeTag) ? gva + entries[at + DELTA] : -1;
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
    array(Translation.level(translation)).insert(gva, translation);
  }

  /** Brings the 4 KiB around an address into the first level, for accesses in a mode. */
  void fillFirst(long gva, long translation, boolean isUser) {
    long page = gva & PAGE_MASK;
    long tag = page | modeTag(isUser);
    long rights = Translation.rights(translation, isUser);
    boolean writes =
        (rights & Translation.WRITE) != 0 && (translation & Translation.DIRTY) != 0;
    int at = ((int) (gva >>> 12) & indexMask) << 2;
    first[at + READ] = (rights & Translation.READ) != 0 ? tag : 0;
    first[at + WRITE] = writes ? tag : 0;
    first[at + FETCH] = (rights & Translation.EXECUTE) != 0 ? tag : 0;
    first[at + DELTA] = Translation.hpa(translation, page) - page;
  }

  /** Drops what translates an address, global or not: all of the page, whatever its size. */
  void drop(long gva) {
    // Pieces of a large page lie at many places of the first level.
    Arrays.fill(first, 0);
    dropFaulting(gva);
  }

  /** Drops what translates an address whose access has faulted; other pieces of a large page may stay. */
  void dropFaulting(long gva) {
    int at = ((int) (gva >>> 12) & indexMask) << 2;
    first[at + READ] = 0;
    first[at + WRITE] = 0;
    first[at + FETCH] = 0;
    pages4k.drop(gva);
    pages2m.drop(gva);
    pages1g.drop(gva);
  }

  /** Drops all but global translations. */
  void dropNonGlobal() {
    Arrays.fill(first, 0);
    pages4k.dropNonGlobal();
    pages2m.dropNonGlobal();
    pages1g.dropNonGlobal();
  }

  /** Drops everything. */
  void clear() {
    Arrays.fill(first, 0);
    pages4k.clear();
    pages2m.clear();
    pages1g.clear();
  }

  private TlbArray array(int level) {
    return switch (level) {
      case 1 -> pages4k;
      case 2 -> pages2m;
      default -> pages1g;
    };
  }
}
