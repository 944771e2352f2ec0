package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.GuestEntry;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.jspecify.annotations.Nullable;

/**
 * The system calls by which a process changes what it has mapped: munmap, mprotect, and the
 * kernel's own moving of a page. Each takes the lock of the space, changes entries, flushes where
 * they may be cached, and only then gives frames back.
 */
final class SpaceChanges {
  private final KernelMemory memory;
  private final PageTables tables;

  SpaceChanges(KernelMemory memory) {
    this.memory = memory;
    tables = memory.tables();
  }

  /** A leaf of a region at random, or null if nothing is mapped. */
  @Nullable Leaf someLeaf(
      Vcpu vcpu, AddressSpace space, UserRegion region, SplittableRandom random) {
    KernelLock lock = memory.lockOf(space);
    lock.lock(vcpu);
    Leaf some = tables.some(vcpu, space.cr3(), region.base(), region.end(), random);
    lock.unlock();
    return some;
  }

  // --- munmap ---

  /** Unmaps the page at an address, with INVLPG; the smaller one if it is part of a larger. */
  void unmapPage(Vcpu vcpu, AddressSpace space, long gva) {
    KernelLock lock = memory.lockOf(space);
    lock.lock(vcpu);
    Leaf leaf = tables.find(vcpu, space.cr3(), gva);
    if (leaf != null && leaf.level() > 1) {
      tables.split(vcpu, leaf);
      memory.shootdown().flush(vcpu, space.id(), Shootdown.ALL);
      leaf = tables.find(vcpu, space.cr3(), gva);
    }
    if (leaf != null) {
      tables.replace(vcpu, leaf, 0);
      memory.shootdown().flush(vcpu, space.id(), leaf.gva());
      memory.pool().release(vcpu, leaf.gpa());
      memory.counters().count(vcpu.index(), GuestStat.PAGES_UNMAPPED, 1);
    }
    lock.unlock();
  }

  /**
   * Unmaps all that one table of 4 KiB pages maps, and gives the table back, or a larger page.
   *
   * @return the address of the first byte that was unmapped, or -1
   */
  long unmapTable(Vcpu vcpu, AddressSpace space, long gva) {
    KernelLock lock = memory.lockOf(space);
    lock.lock(vcpu);
    Leaf entry = tables.tableEntry(vcpu, space.cr3(), gva);
    if (entry == null) {
      lock.unlock();
      return -1;
    }
    List<Long> frames = new ArrayList<>();
    tables.visit(
        vcpu,
        space.cr3(),
        entry.gva(),
        entry.gva() + entry.bytes(),
        leaf -> frames.add(leaf.gpa()));
    tables.replace(vcpu, entry, 0);
    memory.shootdown().flush(vcpu, space.id(), Shootdown.ALL);
    frames.forEach(gpa -> memory.pool().release(vcpu, gpa));
    // Last in, first out: the next page that is touched gets the frame that was a table.
    memory.pool().release(vcpu, GuestEntry.address(entry.gpte()));
    lock.unlock();
    memory.counters().count(vcpu.index(), GuestStat.PAGES_UNMAPPED, frames.size());
    memory.counters().count(vcpu.index(), GuestStat.TABLES_FREED, 1);
    return entry.gva();
  }

  // --- mprotect ---

  /** Makes up to so many mapped pages from an address on read-only. */
  void protect(Vcpu vcpu, AddressSpace space, long from, long to, int most) {
    KernelLock lock = memory.lockOf(space);
    lock.lock(vcpu);
    List<Leaf> leaves = new ArrayList<>();
    tables.visit(
        vcpu,
        space.cr3(),
        from,
        to,
        leaf -> {
          leaves.add(leaf);
          return leaves.size() < most;
        });
    for (Leaf leaf : leaves) {
      tables.change(vcpu, leaf, GuestEntry.WRITABLE, PageFaults.PROTECTED);
    }
    flushEach(vcpu, space, leaves);
    lock.unlock();
    memory.counters().count(vcpu.index(), GuestStat.PAGES_PROTECTED, leaves.size());
  }

  private void flushEach(Vcpu vcpu, AddressSpace space, List<Leaf> leaves) {
    if (leaves.size() <= 4) {
      leaves.forEach(leaf -> memory.shootdown().flush(vcpu, space.id(), leaf.gva()));
    } else {
      memory.shootdown().flush(vcpu, space.id(), Shootdown.ALL);
    }
  }

  // --- moving a page ---

  /** Moves a page of a process to another frame. */
  void movePage(Vcpu vcpu, AddressSpace space, long gva) {
    move(vcpu, memory.lockOf(space), space.cr3(), space.id(), gva);
  }

  /** Moves a page that all processes have mapped by the same table. */
  void moveSharedPage(Vcpu vcpu, AddressSpace loaded, long gva) {
    move(vcpu, memory.sharedLock(), loaded.cr3(), Shootdown.ANY_SPACE, gva);
  }

  /**
   * Moves a page: it is unmapped, and flushed, while it is copied, so that no store is lost; who
   * touches it meanwhile faults, and waits for the lock.
   */
  private void move(Vcpu vcpu, KernelLock lock, long top, long space, long gva) {
    lock.lock(vcpu);
    Leaf leaf = tables.find(vcpu, top, gva);
    if (leaf != null && leaf.level() == 1 && memory.pool().references(vcpu, leaf.gpa()) == 1) {
      long gpa = memory.pool().allocate(vcpu);
      long old = tables.replace(vcpu, leaf, 0);
      memory.shootdown().flush(vcpu, space, leaf.gva());
      memory.copyFrame(vcpu, leaf.gpa(), gpa);
      tables.replace(vcpu, leaf, old & ~leaf.gpa() | gpa);
      memory.pool().release(vcpu, leaf.gpa());
      memory.counters().count(vcpu.index(), GuestStat.PAGES_MOVED, 1);
    }
    lock.unlock();
  }
}
