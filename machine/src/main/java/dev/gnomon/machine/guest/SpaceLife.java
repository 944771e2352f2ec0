package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;
import java.util.ArrayList;
import java.util.List;

/**
 * How address spaces come to be and end: empty, or as a fork of another; and given back, tables and
 * all, for others to use as what they like.
 *
 * <p>The kernel's half is common to all, by the tables below the top one; those of PAE's registers
 * are copied.
 */
final class SpaceLife {
  private static final int PDPTES = 4;

  /** Of PDPTEs, the one that maps physical memory: the kernel's own page directory serves all. */
  private static final int COMMON_PDPTE = 2;

  private static final long RECURSIVE_BITS =
      GuestEntry.PRESENT | GuestEntry.WRITABLE | GuestEntry.ACCESSED | GuestEntry.DIRTY;

  private final KernelMemory memory;
  private final PageTables tables;
  private final AddressLayout layout;
  private final PagingMode mode;
  private final boolean isRecursive;

  SpaceLife(KernelMemory memory, boolean isRecursive) {
    this.memory = memory;
    tables = memory.tables();
    layout = memory.layout();
    mode = layout.mode();
    this.isRecursive = isRecursive;
  }

  // --- making one ---

  /** Makes an empty one. Returns the gpa of its top table. */
  long create(Vcpu vcpu) {
    long top = memory.pool().allocateTable(vcpu);
    if (mode == PagingMode.PAE) {
      fillPdptes(vcpu, top);
      return top;
    }
    copy(vcpu, AddressLayout.TOP_GPA, top, PageLevel.ENTRIES / 2);
    if (isRecursive) {
      int bytes = mode.entryBytes();
      long entry = memory.directMap().at(top) + (long) layout.recursiveIndex() * bytes;
      vcpu.write(entry, bytes, top | RECURSIVE_BITS);
    }
    return top;
  }

  /** Those of PAE are registers: all four are there from the start, and never change. */
  private void fillPdptes(Vcpu vcpu, long top) {
    DirectMap directMap = memory.directMap();
    long[] directories = new long[PDPTES];
    for (int i = 0; i < PDPTES; i++) {
      long kernels = vcpu.readLong(directMap.at(AddressLayout.TOP_GPA + 8L * i));
      long directory = GuestEntry.address(kernels);
      if (i != COMMON_PDPTE) {
        long own = memory.pool().allocateTable(vcpu);
        if ((kernels & GuestEntry.PRESENT) != 0) {
          copy(vcpu, directory, own, 0);
        }
        directory = own;
      }
      directories[i] = directory;
      vcpu.writeLong(directMap.at(top + 8L * i), directory | GuestEntry.PRESENT);
    }
    if (isRecursive) {
      long window = directMap.at(directories[PDPTES - 1]) + 8L * layout.recursiveIndex();
      for (int i = 0; i < PDPTES; i++) {
        vcpu.writeLong(window + 8L * i, directories[i] | RECURSIVE_BITS);
      }
    }
  }

  private void copy(Vcpu vcpu, long from, long to, int firstWord) {
    DirectMap directMap = memory.directMap();
    for (long at = 8L * firstWord; at < 8L * PageLevel.ENTRIES; at += 8) {
      vcpu.writeLong(directMap.at(to + at), vcpu.readLong(directMap.at(from + at)));
    }
  }

  // --- fork ---

  /**
   * Makes a copy of a space that shares all user pages with it until they are written, and flushes
   * what the original could write until now. Returns the gpa of its top table.
   */
  long fork(Vcpu vcpu, AddressSpace parent) {
    long top = create(vcpu);
    KernelLock lock = memory.lockOf(parent);
    lock.lock(vcpu);
    List<Leaf> leaves = new ArrayList<>();
    tables.visit(vcpu, parent.cr3(), 0, layout.userEnd(), leaves::add);
    for (Leaf leaf : leaves) {
      memory.pool().retain(vcpu, leaf.gpa(), leaf.frames());
      tables.change(vcpu, leaf, GuestEntry.WRITABLE, PageFaults.COPY_ON_WRITE);
      long bits = leaf.gpte() & 0xfff & ~(GuestEntry.WRITABLE | GuestEntry.DIRTY);
      tables.map(vcpu, top, leaf.gva(), leaf.gpa(), bits | PageFaults.COPY_ON_WRITE, leaf.level());
    }
    memory.shootdown().flush(vcpu, parent.id(), Shootdown.ALL);
    lock.unlock();
    memory.counters().count(vcpu.index(), GuestStat.FORKS, 1);
    return top;
  }

  // --- exit ---

  /** Gives back all of a space that no vCPU has loaded. */
  void destroy(Vcpu vcpu, AddressSpace space) {
    FramePool pool = memory.pool();
    List<Long> free = new ArrayList<>();
    tables.visit(
        vcpu,
        space.cr3(),
        0,
        layout.userEnd(),
        new PageTables.Visitor() {
          @Override
          public boolean leaf(Leaf leaf) {
            pool.release(vcpu, leaf.gpa(), leaf.frames());
            return true;
          }

          @Override
          public void table(long gpa) {
            free.add(gpa);
          }
        });
    if (mode == PagingMode.PAE) {
      long last = vcpu.readLong(memory.directMap().at(space.cr3() + 8L * (PDPTES - 1)));
      free.add(GuestEntry.address(last));
    }
    free.add(space.cr3());
    free.forEach(gpa -> pool.release(vcpu, gpa));
    memory.counters().count(vcpu.index(), GuestStat.TABLES_FREED, free.size());
  }
}
