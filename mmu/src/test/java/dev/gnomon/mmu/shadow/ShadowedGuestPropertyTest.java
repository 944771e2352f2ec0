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
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.arch.ReferenceWalk;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.testing.TestVm;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/**
 * A guest that edits its tables at random, and accesses memory through them: what it finds equals
 * the architectural walk of its own tables. It edits under one set of tables that it leaves alone,
 * and accesses under another, so that each change is followed by a load of CR3.
 */
class ShadowedGuestPropertyTest {
  private static final long BASE_HVN = 4096;
  private static final int PAGES = 512;
  private static final long ROOT_A = 0x1000;
  private static final long ROOT_B = 0x5000;
  private static final long[] TABLES = {0x1000, 0x2000, 0x3000, 0x4000, 0x9000};
  private static final int ROUNDS = 60;

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

  @Property(tries = 40)
  void theGuestSeesItsOwnTables(
      @ForAll long seed,
      @ForAll boolean isWriteProtect,
      @ForAll @IntRange(max = 3) int previousRoots,
      @ForAll boolean unsync) {
    random = new Random(seed);
    MmuConfig config =
        MmuConfig.of(TdpKind.NPT, 1)
            .withMmu(MmuKind.SHADOW)
            .withPreviousRoots(previousRoots)
            .withUnsync(unsync);
    vm = new TestVm(config, Rules.DEFAULTS);
    vm.addSlot(0, 0, PAGES, BASE_HVN);
    build();
    long cr0 = isWriteProtect ? 0x80010031L : 0x80000031L;
    ControlRegisters registers =
        new ControlRegisters(cr0, ROOT_B, ControlBits.CR4_PAE, 0xd00, 0, false, false);
    mmu().loadRegisters(cpu(), registers);
    for (int i = 0; i < ROUNDS; i++) {
      round(registers);
    }
    assertThat(vm.audit()).isEmpty();
    assertThat(unsync || vm.mmu().statistics().sum(Stat.MMU_UNSYNC) == 0).isTrue();
    vm.mmu().zapAll(vm.hostCpu());
    vm.close();
  }

  private void round(ControlRegisters registers) {
    mmu().loadCr3(cpu(), ROOT_B, false);
    enter();
    for (int i = random.nextInt(4); i >= 0; i--) {
      edit();
    }
    mmu().loadCr3(cpu(), ROOT_A, false);
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
    long gpa = table + 8L * random.nextInt(3);
    boolean isLeafTable = table == 0x4000 || random.nextInt(6) == 0;
    long target = isLeafTable ? random.nextInt(PAGES + 8) * 4096L : TABLES[random.nextInt(5)];
    long flags = random.nextInt(8) | (random.nextBoolean() ? 1 : 0) | 6L * random.nextInt(2);
    flags |= 0x20L * random.nextInt(4) & 0x60;
    flags |= random.nextInt(12) == 0 ? 1L << 63 : 0;
    flags |= random.nextInt(12) == 0 ? 0x80 : 0;
    write(gpa, target | flags);
  }

  private void write(long address, long value) {
    for (int attempt = 0; attempt < 12; attempt++) {
      long found = walk(address, AccessKind.WRITE, Privilege.SUPERVISOR);
      if (found >= 0) {
        vm.memory().setLong(found, value);
        return;
      }
      long code = -found - 1;
      FaultResult result = mmu().handleFault(cpu(), address, code, Privilege.SUPERVISOR);
      if (result == FaultResult.WRITE_PROTECTED) {
        long gpa = mmu().translate(cpu(), address, AccessKind.WRITE, Privilege.SUPERVISOR);
        vm.memory().setLong(hpa(gpa), value);
        mmu().written(cpu(), gpa, 8);
        return;
      }
      enter();
    }
    throw new AssertionError("a write never ends");
  }

  private void access(ControlRegisters registers) {
    long address = (random.nextInt(3) << 12 | random.nextInt(2) << 21) | 0x18;
    AccessKind kind = AccessKind.values()[random.nextInt(3)];
    Privilege who = random.nextBoolean() ? Privilege.USER : Privilege.SUPERVISOR;
    ReferenceWalk walk =
        new ReferenceWalk(
            (gpa, size) -> gpa >>> 12 < PAGES ? vm.memory().getLong(hpa(gpa)) : 0,
            registers,
            PagingFeatures.of(46),
            new long[4]);
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
    for (int level = mmu().rootLevel(); ; level--) {
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
    put(0x1000, 0x2007);
    put(0x2000, 0x3007);
    put(0x3000, 0x4007);
    put(0x5000, 0x6007);
    put(0x6000, 0x7007);
    put(0x7000, 0x8007);
    for (int i = 0; i < PAGES; i++) {
      put(0x8000 + 8L * i, (long) i << 12 | 7);
      put(0x4000 + 8L * i, (long) i << 12 | 7);
    }
  }

  private void put(long gpa, long value) {
    vm.memory().setLong(hpa(gpa), value);
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
