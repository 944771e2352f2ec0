package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingMode;
import java.util.SplittableRandom;

/**
 * The numbers in random scripts: addresses, frames, entries, operands of CR3. They depend on how
 * who runs pages, and where its tables are.
 */
final class ScriptNumbers {
  /** Indices into tables that guests use. */
  static final int[] INDICES = {0, 1, 2, 511};

  static final long HIGH_TABLES = 0x400;
  static final int HIGH_TABLE_COUNT = 3;

  final SplittableRandom random;
  final boolean isHostile;

  /** How who runs pages. */
  PagingMode mode = PagingMode.NONE;

  /** How many frames the tables of who runs lie further on: L2's do. */
  int shift;

  ScriptNumbers(SplittableRandom random, boolean isHostile) {
    this.random = random;
    this.isHostile = isHostile;
  }

  boolean oneIn(int n) {
    return random.nextInt(n) == 0;
  }

  long window() {
    return GuestLayout.window(mode);
  }

  long cr3() {
    long root = (long) (GuestLayout.ROOT + shift + random.nextInt(GuestLayout.ROOTS)) << 12;
    if (isHostile && oneIn(12)) {
      root = random.nextInt(0x410) * 0x1000L;
    } else if (oneIn(20)) {
      root = HIGH_TABLES + random.nextInt(HIGH_TABLE_COUNT) << 12;
    }
    if (!mode.isLong()) {
      return root | (mode == PagingMode.PAE && isHostile && oneIn(10) ? 0xfe0 : 0);
    }
    return root | random.nextInt(3) | (oneIn(3) ? 1L << 63 : 0);
  }

  int offset() {
    return oneIn(5) ? random.nextInt(0x1000) : 0x800 + 8 * random.nextInt(8);
  }

  /** An address by way of a few indices. */
  long linear() {
    if (mode == PagingMode.NONE) {
      return page() * 0x1000L + offset();
    }
    long linear = offset();
    for (int level = 1; level <= mode.levels(); level++) {
      int index = INDICES[random.nextInt(INDICES.length)];
      if (level == mode.levels() && oneIn(2)) {
        index = 0;
      }
      linear |=
          (long) (mode == PagingMode.PAE && level == 3 ? index & 3 : index) << mode.shift(level);
    }
    if (!mode.isLong()) {
      return linear & 0xffff_ffffL;
    }
    int unused = Long.SIZE - mode.shift(mode.levels() + 1);
    return oneIn(200) ? linear | 1L << 62 : linear << unused >> unused;
  }

  /** The number of a frame, mostly one of the first. */
  long page() {
    return switch (random.nextInt(8)) {
      case 0, 1, 2 -> random.nextInt(GuestLayout.WINDOW_FRAMES);
      case 3, 4 -> GuestLayout.WINDOW_FRAMES + random.nextInt(8);
      case 5 -> random.nextInt(512);
      case 6 -> 0x400 + random.nextInt(4);
      default -> (oneIn(4) ? 0x600 : 0x500) + random.nextInt(4);
    };
  }

  long entry() {
    long bits = oneIn(12) ? 0 : GuestEntry.PRESENT;
    bits |= oneIn(5) ? 0 : GuestEntry.WRITABLE;
    bits |= oneIn(4) ? 0 : GuestEntry.USER;
    bits |= random.nextBoolean() ? GuestEntry.ACCESSED : 0;
    bits |= random.nextBoolean() ? GuestEntry.DIRTY : 0;
    bits |= oneIn(3) ? GuestEntry.GLOBAL : 0;
    boolean isLarge = oneIn(7);
    bits |= isLarge ? GuestEntry.LARGE : 0;
    bits |= (long) random.nextInt(4) << 3 | (long) random.nextInt(8) << 9;
    if (mode != PagingMode.BITS_32) {
      bits |= oneIn(7) ? GuestEntry.NO_EXECUTE : 0;
      bits |= mode == PagingMode.PAE ? 0 : (long) random.nextInt(128) << 52;
      bits |= isHostile && oneIn(25) ? 1L << 32 + random.nextInt(31) : 0;
    }
    if (isLarge && !oneIn(4)) {
      return bits | (long) random.nextInt(4) << 21 | (oneIn(6) ? 1L << 12 + random.nextInt(9) : 0);
    }
    boolean isTable = random.nextInt(3) != 0;
    return bits | (isTable ? table() : page()) << 12;
  }

  /** The number of a frame that may be a table. */
  long table() {
    return oneIn(10)
        ? HIGH_TABLES + random.nextInt(HIGH_TABLE_COUNT)
        : GuestLayout.FIRST_TABLE + shift + random.nextInt(GuestLayout.TABLES);
  }
}
