package dev.gnomon.bench.shadow;

import dev.gnomon.machine.processor.Vcpu;

/**
 * The memory of a guest with 4-level tables, as its kernel sees it: all of it is mapped, in pages
 * of 2 MiB, from {@link #LINEAR} on, for the supervisor alone. Every address space shares the
 * tables that do that.
 *
 * <p>Frames are handed out from the low end, tables are empty when they are handed out and must be
 * when they are given back.
 */
final class GuestMemory {
  /** Where the kernel has all memory. */
  static final long LINEAR = 0xffff_8000_0000_0000L;

  static final long PAGE = 4096;
  static final int ENTRIES = 512;

  /** Present, writable, user, accessed. */
  static final long TABLE = 0x27;

  /** Present, writable, user, accessed, dirty. */
  static final long LEAF = 0x67;

  static final long WRITABLE = 2;
  private static final long LARGE_KERNEL_LEAF = 0xe3;
  private static final long LARGE = 2L << 20;
  private static final int LINEAR_ENTRY = 256;

  private final Vcpu vcpu;
  private final long[] free;
  private int freeCount;

  /** By what is to be added to a gpa: nothing as long as the vCPU runs without paging. */
  private long base;

  private final long linearTable;

  /** Makes the kernel's tables. The vCPU is in the guest, without paging. */
  GuestMemory(Vcpu vcpu, long bytes) {
    this.vcpu = vcpu;
    free = new long[(int) (bytes / PAGE)];
    for (long gpa = bytes - PAGE; gpa >= PAGE; gpa -= PAGE) {
      giveBack(gpa);
    }
    linearTable = take();
    long directory = take();
    write(linearTable, directory | TABLE);
    for (long gpa = 0; gpa < bytes; gpa += LARGE) {
      write(directory + gpa / LARGE * 8, gpa | LARGE_KERNEL_LEAF);
    }
  }

  /** From now on the vCPU pages, with tables made by {@link #newTop}. */
  void useLinearMap() {
    base = LINEAR;
  }

  /** A frame; the gpa. */
  long take() {
    return free[--freeCount];
  }

  /** Gives a frame back. */
  void giveBack(long gpa) {
    free[freeCount++] = gpa;
  }

  /** A top table that maps the kernel's part; the gpa. */
  long newTop() {
    long top = take();
    write(top + 8L * LINEAR_ENTRY, linearTable | TABLE);
    return top;
  }

  /** Empties a top table of which the user's part is empty, and gives it back. */
  void giveBackTop(long top) {
    write(top + 8L * LINEAR_ENTRY, 0);
    giveBack(top);
  }

  /** Reads an aligned word of memory, as the kernel. */
  long read(long gpa) {
    return vcpu.readLong(base + gpa);
  }

  /** Writes an aligned word of memory, as the kernel. */
  void write(long gpa, long value) {
    vcpu.writeLong(base + gpa, value);
  }

  /** Enters a table below an entry that may have one already; the table's gpa. */
  long tableBelow(long entryGpa) {
    long entry = read(entryGpa);
    if (entry != 0) {
      return entry & -PAGE;
    }
    long table = take();
    write(entryGpa, table | TABLE);
    return table;
  }

  /** The gpa of the level-1 entry of a user's address; makes the tables on the way. */
  long leafEntry(long top, long gva) {
    long table = top;
    for (int level = 4; level > 1; level--) {
      table = tableBelow(table + offset(gva, level));
    }
    return table + offset(gva, 1);
  }

  /** Where in its table the entry of an address lies. */
  static long offset(long gva, int level) {
    return (gva >>> 12 + 9 * (level - 1) & ENTRIES - 1) * 8;
  }
}
