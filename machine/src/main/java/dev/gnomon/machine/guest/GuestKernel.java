package dev.gnomon.machine.guest;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.processor.PageFaultHandler;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * The guest's kernel: it builds page tables by guest stores, gives processes frames when they
 * fault, and keeps its own state in one page of guest memory that all processes map.
 *
 * <p>All of physical memory is mapped in its half with the largest pages there are, so a table is
 * written through an ordinary virtual address. Frames are given out once, 4 KiB ones from below and
 * 2 MiB ones from above, by locked additions to two words of its page.
 *
 * <p>Which process a vCPU runs is known per vCPU; everything else that changes lies in guest
 * memory.
 */
final class GuestKernel implements PageFaultHandler {
  /** What a table entry on the way to a page has. */
  private static final long TABLE_BITS = GuestEntry.PRESENT | GuestEntry.WRITABLE | GuestEntry.USER;

  private static final long KERNEL_BITS =
      GuestEntry.PRESENT
          | GuestEntry.WRITABLE
          | GuestEntry.GLOBAL
          | GuestEntry.ACCESSED
          | GuestEntry.DIRTY;

  private static final long USER_BITS = GuestEntry.PRESENT | GuestEntry.WRITABLE | GuestEntry.USER;

  private static final long KERNEL_FRAME_GPA = 0x1000;
  private static final long TOP_GPA = 0x2000;
  private static final long FIRST_FREE_FRAME = 3;

  private static final int PDPTES = 4;

  private static final int NEXT_FRAME = 0;
  private static final int LARGE_END = 8;
  private static final int SLICES = 16;
  private static final int EOI = 0xb0;

  private final AddressLayout layout;
  private final GuestMemoryMap memoryMap;
  private final boolean usesLargePages;
  private final GuestProcess[] running;

  /** Physical addresses are virtual ones from here; 0 while the kernel boots without paging. */
  private long physicalBase;

  GuestKernel(int levels, GuestMemoryMap memoryMap, boolean usesLargePages, int vcpus) {
    layout = new AddressLayout(levels);
    this.memoryMap = memoryMap;
    this.usesLargePages = usesLargePages;
    running = new GuestProcess[vcpus];
    physicalBase = layout.physicalMap();
  }

  AddressLayout layout() {
    return layout;
  }

  /** The registers under which the kernel's own tables are used. */
  ControlRegisters registers() {
    PagingMode mode = layout.mode();
    if (mode.isLong()) {
      return ControlRegisters.longMode(mode.levels(), TOP_GPA, false);
    }
    boolean isPae = mode == PagingMode.PAE;
    return new ControlRegisters(
        ControlBits.CR0_PG | ControlBits.CR0_WP | ControlBits.CR0_PE | ControlBits.CR0_ET,
        TOP_GPA,
        ControlBits.CR4_PGE | (isPae ? ControlBits.CR4_PAE : ControlBits.CR4_PSE),
        isPae ? ControlBits.EFER_NXE : 0,
        0,
        false,
        false);
  }

  /** Builds the kernel's tables and switches paging on. Run once, by one vCPU after reset. */
  void boot(Vcpu vcpu) {
    physicalBase = 0;
    vcpu.writeLong(KERNEL_FRAME_GPA + NEXT_FRAME, FIRST_FREE_FRAME);
    vcpu.writeLong(KERNEL_FRAME_GPA + LARGE_END, memoryMap.frames() & -largeFrames());
    map(vcpu, TOP_GPA, layout.kernelPage(), KERNEL_FRAME_GPA, KERNEL_BITS, 1);
    map(vcpu, TOP_GPA, layout.localApic(), GuestMemoryMap.LOCAL_APIC, KERNEL_BITS, 1);
    PagingMode mode = layout.mode();
    int level = mode.isLong() ? PageLevel.LEVEL_1G : PageLevel.LEVEL_2M;
    long noExecute = mode == PagingMode.BITS_32 ? 0 : GuestEntry.NO_EXECUTE;
    long bits = KERNEL_BITS | GuestEntry.LARGE | noExecute;
    for (long gpa = 0; gpa < memoryMap.endGpa(); gpa += 1L << mode.shift(level)) {
      map(vcpu, TOP_GPA, layout.physicalMap() + gpa, gpa, bits, level);
    }
    vcpu.load(registers());
    physicalBase = layout.physicalMap();
  }

  // --- processes ---

  /** Makes an address space: the kernel's half is common to all. Returns its CR3. */
  long newAddressSpace(Vcpu vcpu) {
    long top = allocateFrame(vcpu);
    if (layout.mode() == PagingMode.PAE) {
      fillPdptes(vcpu, top);
    } else {
      copy(vcpu, TOP_GPA, top, PageLevel.ENTRIES / 2);
    }
    return top;
  }

  /** Those of PAE are registers: all four are there from the start, and never change. */
  private void fillPdptes(Vcpu vcpu, long top) {
    for (int i = 0; i < PDPTES; i++) {
      long kernels = vcpu.readLong(physicalBase + TOP_GPA + 8L * i);
      long directory = GuestEntry.address(kernels);
      if (i != PDPTES / 2) {
        long own = allocateFrame(vcpu);
        if ((kernels & GuestEntry.PRESENT) != 0) {
          copy(vcpu, directory, own, 0);
        }
        directory = own;
      }
      vcpu.writeLong(physicalBase + top + 8L * i, directory | GuestEntry.PRESENT);
    }
  }

  private void copy(Vcpu vcpu, long from, long to, int firstWord) {
    for (int i = firstWord; i < PageLevel.ENTRIES; i++) {
      vcpu.writeLong(physicalBase + to + 8L * i, vcpu.readLong(physicalBase + from + 8L * i));
    }
  }

  /** Gives a frame to be shared by two processes, and maps it in both. */
  void share(Vcpu vcpu, long cr3, long otherCr3, int pair) {
    long gpa = allocateFrame(vcpu);
    map(vcpu, cr3, sharedPage(pair), gpa, USER_BITS, 1);
    map(vcpu, otherCr3, sharedPage(pair), gpa, USER_BITS, 1);
  }

  /** Where a pair of processes finds the page that it shares. */
  long sharedPage(int pair) {
    return layout.sharedPages() + (long) pair * PhysicalMemory.FRAME_SIZE;
  }

  /** Switches a vCPU to a process, and counts a time slice. */
  void switchTo(Vcpu vcpu, GuestProcess process) {
    vcpu.setUser(false);
    running[vcpu.index()] = process;
    vcpu.loadCr3(process.cr3());
    vcpu.locked().fetchAndAdd(layout.kernelPage() + SLICES, 8, 1);
    vcpu.setUser(true);
  }

  /** Ends a time slice, which a timer interrupt ended: it is acknowledged at the local APIC. */
  void endSlice(Vcpu vcpu) {
    vcpu.setUser(false);
    vcpu.write(layout.localApic() + EOI, 4, 0);
  }

  /** How many time slices there were, by the guest's own count. */
  long slices(Vcpu vcpu) {
    return vcpu.readLong(layout.kernelPage() + SLICES);
  }

  // --- page faults ---

  @Override
  public void pageFault(Vcpu vcpu, long gva, long code) {
    GuestProcess process = running[vcpu.index()];
    if (gva < 0 || gva >= layout.userEnd() || (code & FaultCode.PRESENT) != 0) {
      throw new IllegalStateException(
          "the guest kernel has no answer to a page fault at gva "
              + Long.toHexString(gva)
              + ", code "
              + FaultCode.describe(code));
    }
    if (usesLargePages && mapLarge(vcpu, process, gva)) {
      return;
    }
    long page = gva & -PhysicalMemory.FRAME_SIZE;
    long gpa = allocateFrame(vcpu);
    fill(vcpu, process, page, gpa, PhysicalMemory.FRAME_SIZE);
    map(vcpu, process.cr3(), page, gpa, USER_BITS, 1);
  }

  private boolean mapLarge(Vcpu vcpu, GuestProcess process, long gva) {
    long size = 1L << layout.mode().shift(PageLevel.LEVEL_2M);
    long page = gva & -size;
    if (hasTable(vcpu, process.cr3(), gva)) {
      return false;
    }
    long gpa = allocateLarge(vcpu);
    if (gpa < 0) {
      return false;
    }
    fill(vcpu, process, page, gpa, size);
    map(vcpu, process.cr3(), page, gpa, USER_BITS | GuestEntry.LARGE, 2);
    return true;
  }

  /** Gives fresh memory the content that the process is defined to find there. */
  private void fill(Vcpu vcpu, GuestProcess process, long page, long gpa, long bytes) {
    for (long offset = 0; offset < bytes; offset += 8) {
      vcpu.writeLong(physicalBase + gpa + offset, process.initialWord(page + offset));
    }
  }

  // --- page tables ---

  private void map(Vcpu vcpu, long top, long gva, long gpa, long bits, int leafLevel) {
    PagingMode mode = layout.mode();
    long table = top;
    for (int level = mode.levels(); level > leafLevel; level--) {
      long entry = physicalBase + table + mode.offset(gva, level);
      long gpte = vcpu.read(entry, mode.entryBytes());
      if ((gpte & GuestEntry.PRESENT) == 0) {
        gpte = allocateFrame(vcpu) | tableBits(level);
        vcpu.write(entry, mode.entryBytes(), gpte);
      }
      table = GuestEntry.address(gpte);
    }
    long entry = physicalBase + table + mode.offset(gva, leafLevel);
    vcpu.write(entry, mode.entryBytes(), gpa | bits);
  }

  /** PDPTEs of PAE have no rights. */
  private long tableBits(int level) {
    boolean isPdpte = layout.mode() == PagingMode.PAE && level == PageLevel.LEVEL_1G;
    return isPdpte ? GuestEntry.PRESENT : TABLE_BITS;
  }

  /** Whether there is a table of 4 KiB pages for an address. */
  private boolean hasTable(Vcpu vcpu, long top, long gva) {
    PagingMode mode = layout.mode();
    long table = top;
    for (int level = mode.levels(); level >= PageLevel.LEVEL_2M; level--) {
      long gpte = vcpu.read(physicalBase + table + mode.offset(gva, level), mode.entryBytes());
      if ((gpte & GuestEntry.PRESENT) == 0) {
        return false;
      }
      table = GuestEntry.address(gpte);
    }
    return true;
  }

  // --- frames ---

  private long kernelWord(int offset) {
    return physicalBase == 0 ? KERNEL_FRAME_GPA + offset : layout.kernelPage() + offset;
  }

  /** A frame that was never used: it reads as zeros. */
  private long allocateFrame(Vcpu vcpu) {
    long frame = vcpu.locked().fetchAndAdd(kernelWord(NEXT_FRAME), 8, 1);
    if (frame >= vcpu.readLong(kernelWord(LARGE_END))) {
      throw new OutOfGuestMemoryException(memoryMap.memoryBytes());
    }
    return memoryMap.gpaOfFrame(frame);
  }

  /** The frames of a large page: 2 MiB, or with 32-bit paging 4 MiB. */
  private long largeFrames() {
    return 1L << layout.mode().shift(PageLevel.LEVEL_2M) - PhysicalMemory.FRAME_SHIFT;
  }

  /** The frames of a large page, or -1 if the 4 KiB ones have taken too much. */
  private long allocateLarge(Vcpu vcpu) {
    long size = largeFrames();
    while (true) {
      long end = vcpu.readLong(kernelWord(LARGE_END));
      long first = end - size;
      if (first < vcpu.readLong(kernelWord(NEXT_FRAME)) + size) {
        return -1;
      }
      if (vcpu.locked().compareAndExchange(kernelWord(LARGE_END), 8, end, first) == end) {
        return memoryMap.gpaOfFrame(first);
      }
    }
  }
}
