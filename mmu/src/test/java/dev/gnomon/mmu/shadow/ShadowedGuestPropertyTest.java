package dev.gnomon.mmu.shadow;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.arch.ReferenceWalk;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.root.SpecialRoots;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.testing.TestVm;
import java.util.List;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * A guest that edits its tables at random, and accesses memory through them: what it finds equals
 * the architectural walk of its own tables. It edits under one set of tables that it leaves alone,
 * and accesses under another, so that each change is followed by a load of CR3. In three paging
 * modes, on hosts of both word sizes, with special roots of both safe kinds.
 */
class ShadowedGuestPropertyTest {
  private static final long BASE_HVN = 4096;
  private static final int PAGES = 512;
  private static final long ROOT_A = 0x1000;
  private static final long ROOT_B = 0x5000;
  private static final long[] TABLES = {0x1000, 0x2000, 0x3000, 0x4000, 0x9000};
  private static final int ROUNDS = 60;
  private static final long NO_EXECUTE = 1L << 63;

  private final Permissions real =
      new Permissions(
          new ControlRegisters(
              ControlBits.CR0_PG | ControlBits.CR0_WP | ControlBits.CR0_PE,
              0,
              ControlBits.CR4_PAE,
              ControlBits.EFER_LMA | ControlBits.EFER_LME | ControlBits.EFER_NXE,
              0,
              false,
              false));

  private TestVm vm;
  private Random random;
  private PagingMode mode;

  /** As the processor has loaded them. */
  private final long[] pdptes = new long[4];

  @Property(tries = 80)
  void theGuestSeesItsOwnTables(
      @ForAll long seed,
      @ForAll boolean isWriteProtect,
      @ForAll @IntRange(max = 3) int previousRoots,
      @ForAll boolean unsync) {
    random = new Random(seed);
    mode = List.of(PagingMode.LEVEL_4, PagingMode.PAE, PagingMode.BITS_32).get(random.nextInt(3));
    boolean isHost32 = mode != PagingMode.LEVEL_4 && random.nextBoolean();
    MmuConfig config =
        MmuConfig.of(TdpKind.NPT, 1)
            .withMmu(MmuKind.SHADOW)
            .withHostBits(isHost32 ? 32 : 64)
            .withPreviousRoots(previousRoots)
            .withUnsync(unsync);
    SpecialRoots rule = random.nextBoolean() ? SpecialRoots.LOCAL : SpecialRoots.PER_VCPU;
    vm = new TestVm(config, Rules.DEFAULTS.with(Rules.SPECIAL_ROOTS, rule));
    vm.addSlot(0, 0, PAGES, BASE_HVN);
    build();
    long cr0 = isWriteProtect ? 0x80010031L : 0x80000031L;
    long cr4 = mode == PagingMode.BITS_32 ? 0 : ControlBits.CR4_PAE;
    long efer = mode == PagingMode.LEVEL_4 ? 0xd00 : mode == PagingMode.PAE ? 0x800 : 0;
    ControlRegisters registers = new ControlRegisters(cr0, ROOT_B, cr4, efer, 0, false, false);
    mmu().loadRegisters(cpu(), registers);
    for (int i = 0; i < ROUNDS; i++) {
      round(registers);
    }
    assertThat(vm.audit()).isEmpty();
    assertThat(unsync || vm.mmu().statistics().sum(Stat.MMU_MADE_UNSYNC) == 0).isTrue();
    vm.mmu().zapAll(vm.hostCpu());
    vm.close();
  }

  private void round(ControlRegisters registers) {
    mmu().loadCr3(cpu(), ROOT_B, false);
    enter();
    for (int i = random.nextInt(4); i >= 0; i--) {
      edit();
    }
    if (!mmu().loadCr3(cpu(), ROOT_A, false)) {
      assertThat(mode).isEqualTo(PagingMode.PAE);
      write(ROOT_A + 8L * random.nextInt(3), 0x3001);
      return;
    }
    for (int i = 0; i < pdptes.length; i++) {
      pdptes[i] = vm.memory().getLong(hpa(ROOT_A + 8L * i));
    }
    enter();
    for (int i = random.nextInt(6); i >= 0; i--) {
      access(registers.withCr3(ROOT_A));
    }
    if (random.nextInt(8) == 0) {
      vm.host().reclaim(BASE_HVN + PAGES / 2 + random.nextInt(PAGES / 2));
    }
    assertThat(vm.audit()).isEmpty();
  }

  /** Writes an entry, by the second tables, where every page is mapped at its own address. */
  private void edit() {
    long table = TABLES[random.nextInt(TABLES.length)];
    long gpa = table + (long) mode.entryBytes() * index();
    boolean isLeafTable = table == 0x4000 || random.nextInt(6) == 0;
    long target = isLeafTable ? random.nextInt(PAGES + 8) * 4096L : TABLES[random.nextInt(5)];
    long flags = random.nextInt(8) | (random.nextBoolean() ? 1 : 0) | 6L * random.nextInt(2);
    flags |= 0x20L * random.nextInt(4) & 0x60;
    flags |= random.nextInt(12) == 0 ? NO_EXECUTE : 0;
    flags |= random.nextInt(12) == 0 ? 0x80 : 0;
    boolean isPdpte = mode == PagingMode.PAE && table == ROOT_A;
    write(gpa, target | (isPdpte && random.nextInt(8) > 0 ? flags & 1 : flags));
  }

  /** One of three entries; of a 32-bit directory they are in different quarters. */
  private int index() {
    int index = random.nextInt(3);
    return mode == PagingMode.BITS_32 && random.nextBoolean() ? index * 300 : index;
  }

  private void set(long hpa, long value) {
    if (mode.entryBytes() == Integer.BYTES) {
      vm.memory().setInt(hpa, (int) value);
    } else {
      vm.memory().setLong(hpa, value);
    }
  }

  private long get(long hpa, int size) {
    return size == Integer.BYTES
        ? Integer.toUnsignedLong(vm.memory().getInt(hpa))
        : vm.memory().getLong(hpa);
  }

  private void write(long address, long value) {
    for (int attempt = 0; attempt < 12; attempt++) {
      long found = walk(address, AccessKind.WRITE, Privilege.SUPERVISOR);
      if (found >= 0) {
        set(found, value);
        return;
      }
      long code = -found - 1;
      FaultResult result = mmu().handleFault(cpu(), address, code, Privilege.SUPERVISOR);
      if (result == FaultResult.WRITE_PROTECTED) {
        long gpa = mmu().translate(cpu(), address, AccessKind.WRITE, Privilege.SUPERVISOR);
        set(hpa(gpa), value);
        mmu().written(cpu(), gpa, mode.entryBytes());
        return;
      }
      enter();
    }
    throw new AssertionError("a write never ends");
  }

  private void access(ControlRegisters registers) {
    long address = 0x18;
    for (int level = Math.min(mode.levels(), 3); level > 0; level--) {
      address |= (long) index() << mode.shift(level);
    }
    AccessKind kind = AccessKind.values()[random.nextInt(3)];
    Privilege who = random.nextBoolean() ? Privilege.USER : Privilege.SUPERVISOR;
    ReferenceWalk walk =
        new ReferenceWalk(
            (gpa, size) -> gpa >>> 12 < PAGES ? get(hpa(gpa), size) : 0,
            registers,
            PagingFeatures.of(46),
            pdptes);
    ReferenceWalk.Result expected = walk.walk(address, kind, who);
    for (int attempt = 0; attempt < 12; attempt++) {
      long found = walk(address, kind, who);
      if (found >= 0) {
        assertThat(expected).isInstanceOf(ReferenceWalk.Translated.class);
        assertThat(found).isEqualTo(hpa(((ReferenceWalk.Translated) expected).address()));
        return;
      }
      long code = -found - 1;
      FaultResult result = mmu().handleFault(cpu(), address, code, who);
      if (result == FaultResult.GUEST_FAULT) {
        assertThat(expected).isEqualTo(new ReferenceWalk.Fault(mmu().guestFaultCode()));
        return;
      }
      if (result == FaultResult.EMULATE || result == FaultResult.WRITE_PROTECTED) {
        long gpa = mmu().translate(cpu(), address, kind, who);
        if (gpa < 0) {
          // An MMIO mark answers before the rights do.
          assertThat(expected).isEqualTo(new ReferenceWalk.Fault(mmu().guestFaultCode()));
          return;
        }
        assertThat(expected).isInstanceOf(ReferenceWalk.Translated.class);
        assertThat(((ReferenceWalk.Translated) expected).address()).isEqualTo(gpa);
        assertThat(gpa >>> 12 >= PAGES).isEqualTo(result == FaultResult.EMULATE);
        return;
      }
      enter();
    }
    throw new AssertionError("an access never ends");
  }

  /** The processor's walk: an hpa, or minus the fault's code minus 1. */
  private long walk(long address, AccessKind kind, Privilege who) {
    long table = mmu().rootHpa();
    long rights = 6;
    int top = mmu().rootLevel();
    if (top == PageLevel.LEVEL_1G) {
      long pdpte = vm.memory().getLong(table + 8 * (address >>> 30 & 3));
      if ((pdpte & 1) == 0) {
        return -real.codeNotPresent(who, kind) - 1;
      }
      table = pdpte & SpteFormat.ADDRESS_MASK;
      top--;
    }
    for (int level = top; ; level--) {
      long sptep = table + 8L * PageLevel.index(address, level);
      long spte = vm.memory().getLong(sptep);
      if ((spte & 1) == 0) {
        return -real.codeNotPresent(who, kind) - 1;
      }
      if ((spte & vm.format().reservedBits(spte, level)) != 0) {
        return -real.codeReserved(who, kind) - 1;
      }
      rights = rights & (spte | 1L << 63) | spte & 1L << 63;
      if (level == 1 || (spte & SpteFormat.LARGE) != 0) {
        if ((real.allowed(who, rights) & Permissions.bit(kind)) == 0) {
          return -(real.codeNotPresent(who, kind) | FaultCode.PRESENT) - 1;
        }
        long offset = address & (1L << PageLevel.shift(level)) - 1;
        return spte & SpteFormat.ADDRESS_MASK & -(1L << PageLevel.shift(level)) | offset;
      }
      table = spte & SpteFormat.ADDRESS_MASK;
    }
  }

  private void build() {
    switch (mode) {
      case LEVEL_4 -> {
        put(ROOT_A, 0x2007);
        put(0x2000, 0x3007);
        put(0x3000, 0x4007);
        put(ROOT_B, 0x6007);
        put(0x6000, 0x7007);
        put(0x7000, 0x8007);
      }
      case PAE -> {
        put(ROOT_A, 0x3001);
        put(0x3000, 0x4007);
        put(ROOT_B, 0x7001);
        put(0x7000, 0x8007);
      }
      default -> {
        put(ROOT_A, 0x4007);
        put(ROOT_B, 0x8007);
      }
    }
    for (int i = 0; i < PAGES; i++) {
      put(0x8000 + (long) mode.entryBytes() * i, (long) i << 12 | 7);
      put(0x4000 + (long) mode.entryBytes() * i, (long) i << 12 | 7);
    }
  }

  private void put(long gpa, long value) {
    set(hpa(gpa), value);
  }

  private long hpa(long gpa) {
    long page = vm.host().resolve(vm.hostCpu(), BASE_HVN + (gpa >>> 12), true);
    return HostPages.pfn(page) << 12 | gpa & 0xfff;
  }

  private VcpuMmu mmu() {
    return vm.vcpu().mmu();
  }

  private Cpu cpu() {
    return vm.vcpu().cpu();
  }

  private void enter() {
    vm.vcpu().enter();
    vm.vcpu().exit();
  }
}
