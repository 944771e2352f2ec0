package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The guest's page tables: reading, filling and changing them by guest accesses.
 *
 * <p>An entry is reached through the direct map; or, of the tables that a vCPU has loaded and if
 * the guest is so set up, through the top table's entry that points back at it. Entries that
 * another vCPU's processor may be setting A and D in change by locked instructions.
 *
 * <p>Of an address space in use, the caller has the lock.
 */
final class PageTables {
  /** What a table entry on the way to a page has. */
  private static final long TABLE_BITS = GuestEntry.PRESENT | GuestEntry.WRITABLE | GuestEntry.USER;

  private final AddressLayout layout;
  private final PagingMode mode;
  private final DirectMap directMap;
  private final FramePool pool;
  private final boolean isRecursive;

  PageTables(AddressLayout layout, DirectMap directMap, FramePool pool, boolean isRecursive) {
    this.layout = layout;
    mode = layout.mode();
    this.directMap = directMap;
    this.pool = pool;
    this.isRecursive = isRecursive;
  }

  /** How the guest pages. */
  PagingMode mode() {
    return mode;
  }

  /** How many bytes of address space one entry at a level maps. */
  long span(int level) {
    return 1L << mode.shift(level);
  }

  // --- where an entry is ---

  private long entryAddress(Vcpu vcpu, long top, long table, long gva, int level) {
    if (isRecursive && seesItself(vcpu, top, level)) {
      return layout.recursiveEntry(gva, level);
    }
    return directMap.at(table + mode.offset(gva, level));
  }

  private boolean seesItself(Vcpu vcpu, long top, int level) {
    boolean isRegister = mode == PagingMode.PAE && level == PageLevel.LEVEL_1G;
    return !isRegister && top != AddressLayout.TOP_GPA && vcpu.registers().cr3() == top;
  }

  private long read(Vcpu vcpu, long address) {
    return vcpu.read(address, mode.entryBytes());
  }

  private void write(Vcpu vcpu, long address, long gpte) {
    vcpu.write(address, mode.entryBytes(), gpte);
  }

  // --- filling ---

  /** Maps a page, with the tables that it takes. Nothing was mapped there. */
  void map(Vcpu vcpu, long top, long gva, long gpa, long bits, int leafLevel) {
    long table = top;
    for (int level = mode.levels(); level > leafLevel; level--) {
      table = tableBelow(vcpu, entryAddress(vcpu, top, table, gva, level), level);
    }
    write(vcpu, entryAddress(vcpu, top, table, gva, leafLevel), gpa | bits);
  }

  /** Makes the tables on the way to an address, down to one of {@code lowest} level. */
  void mapTables(Vcpu vcpu, long top, long gva, int lowest) {
    long table = top;
    for (int level = mode.levels(); level > lowest; level--) {
      table = tableBelow(vcpu, entryAddress(vcpu, top, table, gva, level), level);
    }
  }

  private long tableBelow(Vcpu vcpu, long entry, int level) {
    long gpte = read(vcpu, entry);
    if ((gpte & GuestEntry.PRESENT) == 0) {
      gpte = pool.allocateTable(vcpu) | tableBits(level);
      write(vcpu, entry, gpte);
    }
    return GuestEntry.address(gpte);
  }

  /** PDPTEs of PAE have no rights. */
  private long tableBits(int level) {
    boolean isPdpte = mode == PagingMode.PAE && level == PageLevel.LEVEL_1G;
    return isPdpte ? GuestEntry.PRESENT : TABLE_BITS;
  }

  // --- looking ---

  /** The entry that maps an address, or null. */
  @Nullable Leaf find(Vcpu vcpu, long top, long gva) {
    long table = top;
    for (int level = mode.levels(); level > 0; level--) {
      long address = entryAddress(vcpu, top, table, gva, level);
      long gpte = read(vcpu, address);
      if ((gpte & GuestEntry.PRESENT) == 0) {
        return null;
      }
      if (isLeaf(gpte, level)) {
        return new Leaf(gva & -span(level), address, gpte, level, mode);
      }
      table = GuestEntry.address(gpte);
    }
    throw new IllegalStateException("a table of level 1 has no leaves");
  }

  /** Whether there is a table of 4 KiB pages for an address. */
  boolean hasTable(Vcpu vcpu, long top, long gva) {
    return tableEntry(vcpu, top, gva) != null;
  }

  /** The entry that points at the table of 4 KiB pages for an address, as if a leaf; or null. */
  @Nullable Leaf tableEntry(Vcpu vcpu, long top, long gva) {
    long table = top;
    for (int level = mode.levels(); level >= PageLevel.LEVEL_2M; level--) {
      long address = entryAddress(vcpu, top, table, gva, level);
      long gpte = read(vcpu, address);
      if ((gpte & GuestEntry.PRESENT) == 0 || isLeaf(gpte, level)) {
        return null;
      }
      if (level == PageLevel.LEVEL_2M) {
        return new Leaf(gva & -span(level), address, gpte, level, mode);
      }
      table = GuestEntry.address(gpte);
    }
    return null;
  }

  private boolean isLeaf(long gpte, int level) {
    return level == PageLevel.LEVEL_4K
        || (level == PageLevel.LEVEL_2M && (gpte & GuestEntry.LARGE) != 0);
  }

  /** Sees entries of a part of an address space. */
  interface Visitor {
    /**
     * Sees a leaf.
     *
     * @return whether to go on
     */
    boolean leaf(Leaf leaf);

    /** Sees a table, after all that is below it. */
    default void table(long gpa) {}
  }

  /** Visits what is mapped from one address to another, upwards; tables too, but the top one. */
  void visit(Vcpu vcpu, long top, long from, long to, Visitor visitor) {
    visit(vcpu, top, top, mode.levels(), from, to, visitor);
  }

  private boolean visit(
      Vcpu vcpu, long top, long table, int level, long from, long to, Visitor visitor) {
    long span = span(level);
    for (long gva = from & -span; gva < to; gva += span) {
      long address = entryAddress(vcpu, top, table, gva, level);
      long gpte = read(vcpu, address);
      if ((gpte & GuestEntry.PRESENT) == 0) {
        continue;
      }
      if (isLeaf(gpte, level)) {
        if (!visitor.leaf(new Leaf(gva, address, gpte, level, mode))) {
          return false;
        }
      } else {
        long below = GuestEntry.address(gpte);
        long first = Math.max(gva, from);
        if (!visit(vcpu, top, below, level - 1, first, Math.min(gva + span, to), visitor)) {
          return false;
        }
        visitor.table(below);
      }
    }
    return true;
  }

  /** Some leaf of a part of an address space, each table on the way at random; null if none. */
  @Nullable Leaf some(Vcpu vcpu, long top, long from, long to, SplittableRandom random) {
    return some(vcpu, top, top, mode.levels(), from, to, random);
  }

  private @Nullable Leaf some(
      Vcpu vcpu, long top, long table, int level, long from, long to, SplittableRandom random) {
    long span = span(level);
    List<Long> present = new ArrayList<>();
    for (long gva = from & -span; gva < to; gva += span) {
      if ((read(vcpu, entryAddress(vcpu, top, table, gva, level)) & GuestEntry.PRESENT) != 0) {
        present.add(gva);
      }
    }
    while (!present.isEmpty()) {
      long gva = present.remove(random.nextInt(present.size()));
      long address = entryAddress(vcpu, top, table, gva, level);
      long gpte = read(vcpu, address);
      if (isLeaf(gpte, level)) {
        return new Leaf(gva, address, gpte, level, mode);
      }
      long below = GuestEntry.address(gpte);
      long first = Math.max(gva, from);
      long end = Math.min(gva + span, to);
      Leaf found = some(vcpu, top, below, level - 1, first, end, random);
      if (found != null) {
        return found;
      }
    }
    return null;
  }

  // --- changing what is mapped ---

  /** Exchanges bits of an entry, but for A and D that the processor sets meanwhile. */
  void change(Vcpu vcpu, Leaf leaf, long clear, long set) {
    long old = leaf.gpte();
    while (true) {
      long seen = exchange(vcpu, leaf, old, old & ~clear | set);
      if (seen == old) {
        return;
      }
      old = seen;
    }
  }

  /** Makes an entry hold something else altogether; returns what it held. */
  long replace(Vcpu vcpu, Leaf leaf, long gpte) {
    return vcpu.locked().exchange(leaf.address(), mode.entryBytes(), gpte);
  }

  private long exchange(Vcpu vcpu, Leaf leaf, long expected, long gpte) {
    return vcpu.locked().compareAndExchange(leaf.address(), mode.entryBytes(), expected, gpte);
  }

  /**
   * Maps by a table of 4 KiB pages what a larger page has mapped, with the same rights. Flushing is
   * the caller's.
   */
  void split(Vcpu vcpu, Leaf large) {
    long table = pool.allocateTable(vcpu);
    long bits = large.gpte() & 0xfff & ~GuestEntry.LARGE;
    int entryBytes = mode.entryBytes();
    long entry = directMap.at(table);
    for (long gpa = large.gpa(); gpa < large.gpa() + large.bytes(); gpa += 1 << 12) {
      write(vcpu, entry, gpa | bits);
      entry += entryBytes;
    }
    replace(vcpu, large, table | TABLE_BITS);
  }
}
