package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingMode;
import java.util.Random;

/**
 * Guest page tables of a paging mode that hold anything: absent entries, every right, reserved
 * bits, large pages, tables that point at each other or at themselves at any level, tables in MMIO.
 */
final class HostileTables {
  /** In each page, beyond the entries that are used, is its own address. */
  static final long MARK = 0x800;

  private static final int TABLES = 8;
  private static final long FIRST = 0x1000;
  private static final int[] INDICES = {0, 1, 511};

  private final ProcessorRig rig;
  private final Random random;
  private final PagingMode mode;

  HostileTables(ProcessorRig rig, Random random, PagingMode mode) {
    this.rig = rig;
    this.random = random;
    this.mode = mode;
  }

  /** Fills memory, without paging. */
  void make() {
    rig.vcpu.load(ControlRegisters.RESET);
    for (long gpa = MARK; gpa < ProcessorRig.MEMORY; gpa += 0x1000) {
      rig.vcpu.writeLong(gpa, gpa);
    }
    for (int which = 0; which < TABLES; which++) {
      for (int index : INDICES) {
        long gpa = table(which) + (long) mode.entryBytes() * index;
        rig.vcpu.write(gpa, mode.entryBytes(), entry());
      }
    }
  }

  private static long table(int which) {
    return FIRST + which * 0x1000L;
  }

  private static boolean oneIn(Random random, int n) {
    return random.nextInt(n) == 0;
  }

  /** Mostly an entry that lets most accesses through. */
  private long entry() {
    long bits = oneIn(random, 15) ? 0 : GuestEntry.PRESENT;
    bits |= oneIn(random, 6) ? 0 : GuestEntry.WRITABLE;
    bits |= oneIn(random, 4) ? 0 : GuestEntry.USER;
    bits |= random.nextBoolean() ? GuestEntry.ACCESSED : 0;
    bits |= random.nextBoolean() ? GuestEntry.DIRTY : 0;
    bits |= oneIn(random, 3) ? GuestEntry.GLOBAL : 0;
    bits |= oneIn(random, 5) ? GuestEntry.LARGE : 0;
    bits |= (long) random.nextInt(4) << 3 | (long) random.nextInt(8) << 9;
    if (mode.entryBytes() == 8) {
      bits |= oneIn(random, 6) ? GuestEntry.NO_EXECUTE : 0;
      bits |= mode == PagingMode.PAE ? 0 : (long) random.nextInt(128) << 52;
      bits |= oneIn(random, 20) ? 1L << 32 + random.nextInt(31) : 0;
    }
    return bits | address((bits & GuestEntry.LARGE) != 0);
  }

  private long address(boolean isLarge) {
    if (isLarge && !oneIn(random, 4)) {
      // Bit 12 is PAT; above lie reserved bits, or PSE-36's.
      return (random.nextBoolean() ? 1L << 12 : 0)
          | (oneIn(random, 5) ? 1L << 13 + random.nextInt(9) : 0);
    }
    if (oneIn(random, 15)) {
      return ProcessorRig.MEMORY + 0x1000L * random.nextInt(16);
    }
    return random.nextInt(3) != 0
        ? table(random.nextInt(TABLES))
        : 0x1000L * random.nextInt((int) (ProcessorRig.MEMORY >> 12));
  }

  /** A CR3 that leads to one of the tables, or now and then elsewhere. */
  long cr3() {
    if (mode == PagingMode.PAE) {
      return table(random.nextInt(TABLES)) | (long) random.nextInt(2) * 0xff0;
    }
    return oneIn(random, 40) ? ProcessorRig.MEMORY : table(random.nextInt(TABLES));
  }

  /** An address of a {@link #MARK}, by way of entries that were made. */
  long linear() {
    long linear = MARK;
    for (int level = 1; level <= mode.levels(); level++) {
      int index = INDICES[random.nextInt(INDICES.length)];
      linear |=
          (long) (mode == PagingMode.PAE && level == 3 ? index & 3 : index) << mode.shift(level);
    }
    if (!mode.isLong()) {
      return linear & 0xffff_ffffL;
    }
    int unused = Long.SIZE - mode.shift(mode.levels() + 1);
    return oneIn(random, 20) ? linear | 1L << 62 : linear << unused >> unused;
  }

  /** The entry at a gpa now; what is no memory reads as ones. */
  long read(long gpa, int bytes) {
    if (gpa >= ProcessorRig.MEMORY) {
      return -1L >>> Long.SIZE - 8 * bytes;
    }
    long word = rig.word(gpa & -8L);
    return bytes == 8 ? word : word >>> 8 * (gpa & 4) & 0xffff_ffffL;
  }

  /** Whether every mark is where it was: no access went astray. */
  boolean areMarksIntact() {
    for (long gpa = MARK; gpa < ProcessorRig.MEMORY; gpa += 0x1000) {
      if (rig.word(gpa) != gpa) {
        return false;
      }
    }
    return true;
  }
}
