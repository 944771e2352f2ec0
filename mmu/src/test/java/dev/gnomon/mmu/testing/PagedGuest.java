package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;

/**
 * A guest with several address spaces, in any paging mode, on a processor that walks what the
 * shadow MMU has made. Each space maps one page of its own in each GiB of the first four.
 *
 * <p>Where the VM has nested guests, the spaces are what a guest hypervisor without paging of its
 * own keeps as NPT, in the format of that mode; addresses are L2's physical ones.
 */
public final class PagedGuest {
  /** What an access that the guest's own tables refuse ends in. */
  public static final long REFUSED = -1;

  private static final int ATTEMPTS = 12;
  private static final int PAGES = 512;
  private static final long BASE_HVN = 4096;
  private static final long NOT_PRESENT = Long.MIN_VALUE;
  private static final long FIRST_DATA = 0x100;

  /** The processor's own registers, not the guest's: WP and NX are on. */
  private final Permissions real = new Permissions(ControlRegisters.longMode(4, 0, false));

  private final TestVm vm;
  private final PagingMode mode;
  private final int entryBytes;
  private ControlRegisters registers;

  /** A guest of one slot, or, where it sees physical addresses, of one in each GiB. */
  public PagedGuest(MmuConfig config, Rules rules, PagingMode mode, Tracepoints trace) {
    vm = new TestVm(config, rules, trace);
    this.mode = mode;
    entryBytes = mode.entryBytes();
    vm.addSlot(0, 0, PAGES, BASE_HVN);
    if (isPhysical()) {
      for (int i = 1; i < 4; i++) {
        vm.addSlot(i, (long) i << 18, PAGES, BASE_HVN + (long) i * PAGES);
      }
    }
    registers = registers(mode);
  }

  private boolean isPhysical() {
    return mode == PagingMode.NONE || isTdp() && !isNested();
  }

  private boolean isTdp() {
    return vm.mmu().config().mmu() != MmuKind.SHADOW;
  }

  private boolean isNested() {
    return vm.mmu().config().nested();
  }

  private static ControlRegisters registers(PagingMode mode) {
    long paging = 0x8001_0031L;
    return switch (mode) {
      case NONE -> new ControlRegisters(0x1_0031, 0, 0, 0, 0, false, false);
      case BITS_32 -> new ControlRegisters(paging, 0, ControlBits.CR4_PSE, 0, 0, false, false);
      case PAE -> new ControlRegisters(paging, 0, ControlBits.CR4_PAE, 0x800, 0, false, false);
      case LEVEL_4 -> ControlRegisters.longMode(4, 0, false);
      case LEVEL_5 -> ControlRegisters.longMode(5, 0, false);
    };
  }

  public TestVm vm() {
    return vm;
  }

  public VcpuMmu mmu() {
    return vm.vcpu().mmu();
  }

  public Cpu cpu() {
    return vm.vcpu().cpu();
  }

  // --- address spaces ---

  /** Where a space's tables begin: the first is its top. */
  public static long tables(int space) {
    return 0x1_0000L * (space + 1);
  }

  /** The gfn that an address of a GiB leads to. */
  public long gfn(int space, int quarter) {
    return isPhysical() ? (long) quarter << 18 | 7 : FIRST_DATA + 16L * space + quarter;
  }

  /** The address that is mapped in a GiB. */
  public long address(int quarter) {
    return (long) quarter << 30 | (isPhysical() ? 0x7000 : 0);
  }

  /** The table of level 1 that maps a space's page in a GiB. */
  public static long lastTable(int space, int quarter) {
    return tables(space) + 0x1000L * (5 + quarter);
  }

  /** Writes a space's tables, as a loader would. */
  public void build(int space) {
    long top = tables(space);
    for (int quarter = 0; quarter < 4; quarter++) {
      long directory = top + 0x1000L * (1 + quarter);
      long table = lastTable(space, quarter);
      put(table, gfn(space, quarter) << 12 | 7);
      switch (mode) {
        case NONE -> {}
        case BITS_32 -> put(top + 4L * 256 * quarter, table | 7);
        case PAE -> {
          put(top + 8L * quarter, directory | 1);
          put(directory, table | 7);
        }
        case LEVEL_4, LEVEL_5 -> {
          put(top + 0x9000 + 8L * quarter, directory | 7);
          put(directory, table | 7);
        }
      }
    }
    if (mode == PagingMode.LEVEL_4) {
      put(top, top + 0x9000 | 7);
    } else if (mode == PagingMode.LEVEL_5) {
      put(top, top + 0xa000 | 7);
      put(top + 0xa000, top + 0x9000 | 7);
    }
  }

  /** Writes an entry of a table without the guest's doing. */
  public void put(long gpa, long value) {
    if (entryBytes == Integer.BYTES) {
      vm.memory().setInt(hpa(gpa), (int) value);
    } else {
      vm.memory().setLong(hpa(gpa), value);
    }
  }

  /** The hpa behind a gpa. */
  public long hpa(long gpa) {
    long gfn = PhysicalMemory.pfn(gpa);
    long hvn = BASE_HVN + (gfn >>> 18) * PAGES + (gfn & (1 << 18) - 1);
    long page = vm.host().resolve(vm.hostCpu(), hvn, true);
    return HostPages.pfn(page) << 12 | gpa & 0xfff;
  }

  // --- registers ---

  /** Loads all registers, for a space. */
  public void start(int space) {
    if (isNested()) {
      mmu().loadRegisters(cpu(), registers(PagingMode.NONE));
      // L1 uses memory too, of the lowest page on.
      access(0, AccessKind.WRITE);
      runL2(tables(space));
    } else {
      registers = registers.withCr3(tables(space));
      mmu().loadRegisters(cpu(), registers);
    }
    enter();
  }

  private void runL2(long nestedCr3) {
    NestedTables tables = new NestedTables.Npt(nestedCr3, registers.cr4(), registers.efer());
    mmu().nested().enter(cpu(), tables, registers(PagingMode.NONE));
  }

  /** Switches CR4 bits on, without a change of mode. */
  public void setCr4(long bits) {
    registers = registers.withModes(registers.cr0(), registers.cr4() | bits, registers.efer());
    mmu().loadModes(cpu(), registers.cr0(), registers.cr4(), registers.efer());
  }

  /** MOV CR3 to a space, or another L2; returns whether the processor took it. */
  public boolean load(int space) {
    if (isNested()) {
      mmu().nested().leave(cpu(), registers(PagingMode.NONE));
      enter();
      runL2(tables(space));
      enter();
      return true;
    }
    return loadCr3(tables(space), false);
  }

  /** MOV CR3; returns whether the processor took it. */
  public boolean loadCr3(long cr3, boolean keepsTranslations) {
    boolean isTaken = mmu().loadCr3(cpu(), cr3, keepsTranslations);
    if (isTaken) {
      registers = registers.withCr3(cr3);
    }
    enter();
    return isTaken;
  }

  /** Enters the guest, having done what was asked of the vCPU, and leaves it. */
  public void enter() {
    vm.vcpu().enter();
    vm.vcpu().exit();
  }

  // --- accesses ---

  /** The hpa that a read by a supervisor reaches, or {@link #REFUSED}. */
  public long read(long address) {
    return access(address, AccessKind.READ);
  }

  /** The hpa that an access by a supervisor reaches, or {@link #REFUSED}. */
  public long access(long address, AccessKind kind) {
    Privilege who = isTdp() ? Privilege.USER : Privilege.SUPERVISOR;
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      enter();
      long found = walk(address, kind, who);
      if (found >= 0) {
        return found;
      }
      long code = found == NOT_PRESENT ? real.codeNotPresent(who, kind) : -found;
      FaultResult result = mmu().handleFault(cpu(), address, code, who);
      if (result == FaultResult.GUEST_FAULT || result == FaultResult.NESTED_VIOLATION) {
        return REFUSED;
      }
    }
    throw new AssertionError("an access never ends");
  }

  /** Writes 8 bytes of the guest's, through its tables; the VMM does it if the MMU wants that. */
  public void write(long address, long value) {
    for (int attempt = 0; attempt < ATTEMPTS; attempt++) {
      enter();
      long found = walk(address, AccessKind.WRITE, Privilege.SUPERVISOR);
      if (found >= 0) {
        vm.memory().setLong(found, value);
        return;
      }
      long code =
          found == NOT_PRESENT
              ? real.codeNotPresent(Privilege.SUPERVISOR, AccessKind.WRITE)
              : -found;
      FaultResult result = mmu().handleFault(cpu(), address, code, Privilege.SUPERVISOR);
      if (result == FaultResult.WRITE_PROTECTED) {
        long gpa = mmu().translate(cpu(), address, AccessKind.WRITE, Privilege.SUPERVISOR);
        vm.memory().setLong(hpa(gpa), value);
        mmu().written(cpu(), gpa, 8);
        return;
      }
    }
    throw new AssertionError("a write never ends");
  }

  /** The processor's walk: an hpa, NOT_PRESENT, or minus the fault's code. */
  private long walk(long address, AccessKind kind, Privilege who) {
    long table = mmu().rootHpa();
    int level = mmu().rootLevel();
    if (level == PageLevel.LEVEL_1G) {
      long pdpte = vm.memory().getLong(table + 8 * (address >>> 30 & 3));
      if ((pdpte & 1) == 0) {
        return NOT_PRESENT;
      }
      if ((pdpte & 0x1e6) != 0 || pdpte < 0) {
        throw new AssertionError("reserved bits in a PDPTE: " + Long.toHexString(pdpte));
      }
      table = pdpte & SpteFormat.ADDRESS_MASK;
      level--;
    }
    long rights = 6;
    for (; ; level--) {
      long spte = vm.memory().getLong(table + 8L * PageLevel.index(address, level));
      if ((spte & 1) == 0) {
        return NOT_PRESENT;
      }
      if ((spte & vm.format().reservedBits(spte, level)) != 0) {
        return -real.codeReserved(who, kind);
      }
      rights = rights & (spte | 1L << 63) | spte & 1L << 63;
      if (level == 1 || (spte & SpteFormat.LARGE) != 0) {
        if ((real.allowed(who, rights) & Permissions.bit(kind)) == 0) {
          return -(real.codeNotPresent(who, kind) | FaultCode.PRESENT);
        }
        long offset = address & (1L << PageLevel.shift(level)) - 1;
        return spte & SpteFormat.ADDRESS_MASK & -(1L << PageLevel.shift(level)) | offset;
      }
      table = spte & SpteFormat.ADDRESS_MASK;
    }
  }

  /** Ends the VM, having checked that nothing leaks. */
  public void close() {
    vm.vcpu().stop();
    vm.mmu().zapAll(vm.hostCpu());
    vm.close();
  }
}
