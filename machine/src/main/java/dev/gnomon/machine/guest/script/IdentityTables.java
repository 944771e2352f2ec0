package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * The page tables of a script's guest that pages: they map all of its memory where it is, to be
 * read, written and executed in any mode, and lie at its end.
 *
 * <pre>
 *  ... | top | ... | level 3 | level 2 | level 1 of the first 2 MiB | of the second | ... |
 * </pre>
 *
 * @param memoryBytes at most 1 GiB
 * @param levels 4 or 5
 * @param leafLevel 1 (4 KiB pages) or 2 (2 MiB pages, no tables of level 1)
 */
record IdentityTables(long memoryBytes, int levels, int leafLevel) implements InitialTables {
  /** What one table of level 2 maps. */
  static final long LARGEST_MEMORY = 1L << 30;

  private static final long BITS =
      GuestEntry.PRESENT
          | GuestEntry.WRITABLE
          | GuestEntry.USER
          | GuestEntry.ACCESSED
          | GuestEntry.DIRTY;

  /** Where the top table is. */
  long top() {
    long span = 1L << PageLevel.shift(2);
    long lowest = leafLevel == 1 ? (memoryBytes + span - 1) / span : 0;
    return memoryBytes - (levels - 1 + lowest) * PhysicalMemory.FRAME_SIZE;
  }

  @Override
  public ControlRegisters registers() {
    return ControlRegisters.longMode(levels, top(), false);
  }

  /**
   * The address of the leaf entry for an address.
   *
   * @throws IllegalArgumentException if the tables do not map that
   */
  long leafEntry(long gva) {
    if (gva < 0 || gva >= memoryBytes) {
      throw new IllegalArgumentException(
          "the guest's tables do not map 0x" + Long.toHexString(gva));
    }
    return table(gva, leafLevel) + 8L * PageLevel.index(gva, leafLevel);
  }

  private long table(long gva, int level) {
    long position = level > 1 ? levels - level : levels - 1 + (gva >>> PageLevel.shift(2));
    return top() + position * PhysicalMemory.FRAME_SIZE;
  }

  /** Builds them by guest stores. By a vCPU that does not page yet, in guest mode. */
  void build(Vcpu vcpu) {
    for (int level = levels; level > leafLevel; level--) {
      // Above level 2 only the first entry is used.
      long span = level > 2 ? memoryBytes : 1L << PageLevel.shift(2);
      for (long gva = 0; gva < memoryBytes; gva += span) {
        vcpu.writeLong(
            table(gva, level) + 8L * PageLevel.index(gva, level), table(gva, level - 1) | BITS);
      }
    }
    long page = 1L << PageLevel.shift(leafLevel);
    for (long gva = 0; gva < memoryBytes; gva += page) {
      vcpu.writeLong(leafEntry(gva), gva | BITS | (leafLevel > 1 ? GuestEntry.LARGE : 0));
    }
  }
}
