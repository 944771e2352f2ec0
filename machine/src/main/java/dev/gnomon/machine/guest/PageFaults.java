package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * The guest kernel's page faults: a page that is not there is given, one that is shared until it is
 * written is copied, one that was made read-only is made writable again.
 *
 * <p>An entry without W has one of two bits that the processor ignores, or both, which say why.
 * Under the lock of the space the entry is looked at again: another vCPU may have seen to it.
 */
final class PageFaults {
  /** Shared with another space until it is written. */
  static final long COPY_ON_WRITE = 1L << 9;

  /** Made read-only by its process. */
  static final long PROTECTED = 1L << 10;

  static final long USER_BITS = GuestEntry.PRESENT | GuestEntry.WRITABLE | GuestEntry.USER;

  private final KernelMemory memory;
  private final PageTables tables;
  private final boolean usesLargePages;

  PageFaults(KernelMemory memory, boolean usesLargePages) {
    this.memory = memory;
    tables = memory.tables();
    this.usesLargePages = usesLargePages;
  }

  /** Handles a fault of a process's. */
  void handle(Vcpu vcpu, GuestProcess process, long gva, long code) {
    KernelLock lock = memory.lockOf(process.space());
    lock.lock(vcpu);
    Leaf leaf = tables.find(vcpu, process.space().cr3(), gva);
    if (leaf == null) {
      give(vcpu, process, gva);
    } else if ((code & FaultCode.WRITE) != 0 && !leaf.has(GuestEntry.WRITABLE)) {
      makeWritable(vcpu, process.space(), leaf, gva);
    } else if (!leaf.has(GuestEntry.USER)) {
      throw unexpected(gva, code);
    }
    lock.unlock();
  }

  static IllegalStateException unexpected(long gva, long code) {
    return new IllegalStateException(
        "the guest kernel has no answer to a page fault at gva "
            + Long.toHexString(gva)
            + ", code "
            + FaultCode.describe(code));
  }

  // --- a page that is not there ---

  private void give(Vcpu vcpu, GuestProcess process, long gva) {
    if (usesLargePages && giveLarge(vcpu, process, gva)) {
      return;
    }
    long page = gva & -PhysicalMemory.FRAME_SIZE;
    long gpa = memory.pool().allocate(vcpu);
    fill(vcpu, process, page, gpa, PhysicalMemory.FRAME_SIZE);
    tables.map(vcpu, process.space().cr3(), page, gpa, USER_BITS, PageLevel.LEVEL_4K);
  }

  private boolean giveLarge(Vcpu vcpu, GuestProcess process, long gva) {
    long size = tables.span(PageLevel.LEVEL_2M);
    long page = gva & -size;
    long top = process.space().cr3();
    if (tables.hasTable(vcpu, top, gva)) {
      return false;
    }
    long gpa = memory.pool().allocateLarge(vcpu);
    if (gpa < 0) {
      return false;
    }
    fill(vcpu, process, page, gpa, size);
    tables.map(vcpu, top, page, gpa, USER_BITS | GuestEntry.LARGE, PageLevel.LEVEL_2M);
    return true;
  }

  /** Gives a frame the content that the process is defined to find there. */
  private void fill(Vcpu vcpu, GuestProcess process, long page, long gpa, long bytes) {
    for (long offset = 0; offset < bytes; offset += Long.BYTES) {
      vcpu.writeLong(memory.directMap().at(gpa + offset), process.initialWord(page + offset));
    }
  }

  // --- a page that may not be written ---

  private void makeWritable(Vcpu vcpu, AddressSpace space, Leaf leaf, long gva) {
    if (leaf.has(COPY_ON_WRITE)) {
      unshare(vcpu, space, leaf, gva);
    } else if (leaf.has(PROTECTED)) {
      tables.change(vcpu, leaf, PROTECTED, GuestEntry.WRITABLE);
    } else {
      throw unexpected(gva, FaultCode.WRITE | FaultCode.PRESENT);
    }
  }

  private void unshare(Vcpu vcpu, AddressSpace space, Leaf leaf, long gva) {
    if (leaf.level() > 1) {
      tables.split(vcpu, leaf);
      memory.shootdown().flush(vcpu, space.id(), Shootdown.ALL);
      Leaf small = tables.find(vcpu, space.cr3(), gva);
      if (small == null) {
        throw new IllegalStateException("a page that was split is mapped no more");
      }
      unshare(vcpu, space, small, gva);
      return;
    }
    FramePool pool = memory.pool();
    if (pool.references(vcpu, leaf.gpa()) == 1) {
      tables.change(vcpu, leaf, COPY_ON_WRITE | PROTECTED, GuestEntry.WRITABLE);
      memory.counters().count(vcpu.index(), GuestStat.COW_REUSES, 1);
      return;
    }
    long gpa = pool.allocate(vcpu);
    memory.copyFrame(vcpu, leaf.gpa(), gpa);
    tables.replace(vcpu, leaf, gpa | USER_BITS);
    memory.shootdown().flush(vcpu, space.id(), leaf.gva());
    pool.release(vcpu, leaf.gpa());
    memory.counters().count(vcpu.index(), GuestStat.COW_COPIES, 1);
  }
}
