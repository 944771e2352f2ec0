package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;

/**
 * L1's nested tables: L2-physical to L1-physical addresses, in pages of 4 KiB, written by L1's
 * stores.
 *
 * <p>As nested page tables they have the format of L1's own paging; every nested access is a user
 * access. As EPT an entry has R, W and X, a leaf the memory type write-back. Under the hypervisor's
 * lock; only the processor sets A and D meanwhile.
 */
final class NestedMap {
  private static final long NPT_TABLE = GuestEntry.PRESENT | GuestEntry.WRITABLE | GuestEntry.USER;

  private static final long EPT_READ = 1;
  private static final long EPT_WRITE = 1 << 1;
  private static final long EPT_EXECUTE = 1 << 2;
  private static final long EPT_WRITE_BACK = 6 << 3;

  private final PagingMode mode;
  private final Nesting nesting;
  private final DirectMap directMap;
  private final FramePool pool;
  private final long top;

  /** The tables whose top is a frame of zeros. */
  NestedMap(PagingMode mode, Nesting nesting, DirectMap directMap, FramePool pool, long top) {
    this.mode = mode;
    this.nesting = nesting;
    this.directMap = directMap;
    this.pool = pool;
    this.top = top;
  }

  /** What an entry allows. */
  enum Access {
    READ,
    WRITE,
    /** X and nothing else, where that can be said; else everything but W. */
    EXECUTE
  }

  /** How the processor is told of them, by L1 that has these registers. */
  NestedTables tables(ControlRegisters l1) {
    return isEpt()
        ? NestedTables.Ept.of(top, mode.levels(), nesting.hasAccessedDirty())
        : new NestedTables.Npt(top, l1.cr4(), l1.efer());
  }

  private boolean isEpt() {
    return nesting.format() == Nesting.Format.EPT;
  }

  /** Maps a page, or maps it otherwise. */
  void map(Vcpu vcpu, long ngpa, long gpa, Access access) {
    long table = top;
    for (int level = mode.levels(); level > PageLevel.LEVEL_4K; level--) {
      long entry = directMap.at(table + mode.offset(ngpa, level));
      long below = read(vcpu, entry);
      if ((below & GuestEntry.PRESENT) == 0) {
        boolean isPdpte = mode == PagingMode.PAE && level == PageLevel.LEVEL_1G;
        below = pool.allocateTable(vcpu) | (isPdpte ? GuestEntry.PRESENT : NPT_TABLE);
        write(vcpu, entry, below);
      }
      table = GuestEntry.address(below);
    }
    long entry = directMap.at(table + mode.offset(ngpa, PageLevel.LEVEL_4K));
    vcpu.locked().exchange(entry, mode.entryBytes(), gpa | bits(access));
  }

  private long bits(Access access) {
    if (isEpt()) {
      return EPT_WRITE_BACK
          | switch (access) {
            case READ -> EPT_READ | EPT_EXECUTE;
            case WRITE -> EPT_READ | EPT_WRITE | EPT_EXECUTE;
            case EXECUTE -> nesting.usesExecuteOnly() ? EPT_EXECUTE : EPT_READ | EPT_EXECUTE;
          };
    }
    long read = GuestEntry.PRESENT | GuestEntry.USER;
    return access == Access.WRITE ? read | GuestEntry.WRITABLE : read;
  }

  /** Unmaps a page, if it is mapped. */
  void unmap(Vcpu vcpu, long ngpa) {
    long table = top;
    for (int level = mode.levels(); level > PageLevel.LEVEL_4K; level--) {
      long below = read(vcpu, directMap.at(table + mode.offset(ngpa, level)));
      if ((below & GuestEntry.PRESENT) == 0) {
        return;
      }
      table = GuestEntry.address(below);
    }
    long entry = directMap.at(table + mode.offset(ngpa, PageLevel.LEVEL_4K));
    vcpu.locked().exchange(entry, mode.entryBytes(), 0);
  }

  private long read(Vcpu vcpu, long entry) {
    return vcpu.read(entry, mode.entryBytes());
  }

  private void write(Vcpu vcpu, long entry, long value) {
    vcpu.write(entry, mode.entryBytes(), value);
  }
}
