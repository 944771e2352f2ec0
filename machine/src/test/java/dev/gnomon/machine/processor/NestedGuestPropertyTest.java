package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.EptEntry;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.config.DirtyLogKind;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Objects;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import org.jspecify.annotations.Nullable;

/**
 * L1 runs L2 with nested tables that it edits at random, under an L2 whose own tables hold
 * anything: every access of L2's ends as the manuals say, at the same byte, in the same fault of
 * L2's, or in the same violation for L1; A and D are set in both dimensions; what is written is in
 * L0's dirty log; and the audit is silent all along. Or L1 has no nested tables for L2.
 */
class NestedGuestPropertyTest {
  private static final int ROUNDS = 25;
  private static final long MARK = 0x800;

  /** Of L1: its nested tables, from the top down; then what L2 may have. */
  private static final long NESTED = 0x1000;

  private static final int FIRST_OF_L2 = 8;
  private static final int PAGES_OF_L2 = 24;

  /** Of L2: its tables, by ngpa. */
  private static final int L2_TABLES = 5;

  /** A host, and what L1 may have for nested tables there; empty if it is to have none. */
  private record Host(MmuConfig mmu, List<NestedTables> formats) {}

  private static final List<NestedTables> NONE = List.of();

  private Random random = new Random();

  private static List<Host> hosts() {
    List<Host> hosts = new ArrayList<>();
    for (MmuKind kind : List.of(MmuKind.TDP, MmuKind.LEGACY_TDP)) {
      MmuConfig npt = MmuConfig.of(TdpKind.NPT, 1).withNested(true).withMmu(kind);
      MmuConfig ept = MmuConfig.of(TdpKind.EPT, 1).withNested(true).withMmu(kind);
      hosts.add(new Host(npt, nptFormats(false)));
      hosts.add(new Host(npt, shortFormats()));
      hosts.add(new Host(npt.withLevels(5), shortFormats()));
      hosts.add(new Host(npt.withPhysicalAddressBits(40), NONE));
      hosts.add(new Host(ept.withDirtyLog(DirtyLogKind.PML), NONE));
      hosts.add(new Host(ept.withDirtyLog(DirtyLogKind.PML), eptFormats(true)));
      hosts.add(new Host(npt.withLevels(5), nptFormats(true)));
      hosts.add(new Host(ept, eptFormats(true)));
      hosts.add(new Host(ept.withLevels(5), eptFormats(true)));
      hosts.add(new Host(ept.withAccessedDirty(false), eptFormats(false)));
      hosts.add(new Host(ept.withExecuteOnly(false), eptFormats(true)));
    }
    MmuConfig narrow =
        MmuConfig.of(TdpKind.NPT, 1).withNested(true).withMmu(MmuKind.LEGACY_TDP).withHostBits(32);
    hosts.add(new Host(narrow, shortFormats()));
    MmuConfig shadow = MmuConfig.of(TdpKind.NPT, 1).withNested(true).withMmu(MmuKind.SHADOW);
    hosts.add(new Host(shadow, NONE));
    hosts.add(new Host(shadow.withLevels(5), NONE));
    return hosts;
  }

  /** Those of a 32-bit L1. */
  private static List<NestedTables> shortFormats() {
    return List.of(
        NestedMachine.npt(PagingMode.BITS_32, NESTED, false),
        NestedMachine.npt(PagingMode.PAE, NESTED, false),
        NestedMachine.npt(PagingMode.PAE, NESTED, true));
  }

  private static List<NestedTables> nptFormats(boolean hasFiveLevels) {
    List<NestedTables> formats = new ArrayList<>();
    for (boolean isNoExecute : new boolean[] {true, true, false}) {
      formats.add(NestedMachine.npt(PagingMode.LEVEL_4, NESTED, isNoExecute));
      formats.add(
          NestedMachine.npt(
              hasFiveLevels ? PagingMode.LEVEL_5 : PagingMode.LEVEL_4, NESTED, isNoExecute));
    }
    return formats;
  }

  private static List<NestedTables> eptFormats(boolean hasAccessedDirty) {
    List<NestedTables> formats = new ArrayList<>();
    for (int levels = 4; levels <= 5; levels++) {
      formats.add(NestedTables.Ept.of(NESTED, levels, false));
      formats.add(NestedTables.Ept.of(NESTED, levels, hasAccessedDirty));
    }
    return formats;
  }

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void anAccessOfL2EndsAsBothSetsOfTablesSay(@ForAll long seed) {
    random = new Random(seed);
    Host host = hosts().get(random.nextInt(hosts().size()));
    int formats = host.formats().size();
    NestedTables tables = formats == 0 ? null : host.formats().get(random.nextInt(formats));
    PagingFeatures features = PagingFeatures.of(host.mmu().physicalAddressBits());
    try (ProcessorRig rig = new ProcessorRig(host.mmu(), TlbConfig.SMALL)) {
      rig.vcpu.control().setPagingFeatures(features);
      rig.vcpu
          .nested()
          .onViolation(
              (vcpu, violation) -> {
                throw new Violated(violation);
              });
      new Run(rig, host.mmu(), tables, features).run();
    }
  }

  /** A violation, which ends the access that met it. */
  private static final class Violated extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final transient NestedViolation violation;

    Violated(NestedViolation violation) {
      super(violation.toString());
      this.violation = violation;
    }
  }

  /** One guest hypervisor. */
  private final class Run {
    private final ProcessorRig rig;
    private final MmuConfig config;
    private final @Nullable NestedTables tables;
    private final HostUnrest unrest;
    private final NestedMachine reference;
    private final int bytes;
    private final PagingMode l2Mode;
    private final long[] pdptes = new long[4];

    Run(
        ProcessorRig rig,
        MmuConfig config,
        @Nullable NestedTables tables,
        PagingFeatures features) {
      unrest = new HostUnrest(rig, random);
      this.rig = rig;
      this.config = config;
      this.tables = tables;
      bytes = tables == null ? 8 : NestedMachine.entryBytes(tables);
      reference = new NestedMachine(rig, tables, features, config);
      boolean isNarrow = config.hostBits() == 32;
      boolean isLow = config.mmu() == MmuKind.SHADOW && config.levels() == 4;
      int modes = isNarrow ? 3 : isLow ? 4 : 5;
      l2Mode =
          List.of(
                  PagingMode.NONE,
                  PagingMode.BITS_32,
                  PagingMode.PAE,
                  PagingMode.LEVEL_4,
                  PagingMode.LEVEL_5)
              .get(random.nextInt(modes));
    }

    void run() {
      rig.vcpu.load(ControlRegisters.RESET);
      for (long gpa = MARK; gpa < ProcessorRig.MEMORY; gpa += 0x1000) {
        rig.vcpu.writeLong(gpa, gpa);
      }
      if (tables != null) {
        makeNested();
      }
      for (int table = 0; table < L2_TABLES; table++) {
        for (int index = 0; index < 3; index++) {
          writeL2(table, index, 7);
        }
      }
      boolean isRunning = false;
      for (int round = 0; round < ROUNDS; round++) {
        for (int i = tables == null ? 0 : random.nextInt(3); i > 0; i--) {
          editNested();
        }
        if (random.nextInt(3) == 0) {
          editL2();
        }
        rig.vcpu.nested().invalidate();
        runL2(isRunning && random.nextBoolean());
        isRunning = true;
        for (int i = random.nextInt(5); i >= 0 && rig.vcpu.nested().isRunning(); i--) {
          access();
        }
        if (rig.vcpu.nested().isRunning()) {
          rig.vcpu.nested().exit();
        }
        rig.vcpu.leaveGuest();
        unrest.act();
        assertThat(rig.vm.mmu().audit(rig.vm.hostCpu(0))).isEmpty();
        rig.vcpu.enterGuest();
      }
      for (long gpa = MARK; gpa < ProcessorRig.MEMORY; gpa += 0x1000) {
        assertThat(rig.word(gpa)).as("the mark at %x", gpa).isEqualTo(gpa);
      }
    }

    // --- L1 ---

    private boolean oneIn(int n) {
      return random.nextInt(n) == 0;
    }

    private int levels() {
      return Objects.requireNonNull(tables).mode().levels();
    }

    private long nestedTable(int level) {
      return NESTED + 0x1000L * (levels() - level);
    }

    /** A chain of tables down to one that maps L2's first pages. */
    private void makeNested() {
      for (int level = levels(); level > 1; level--) {
        writeNested(nestedTable(level), nestedTable(level - 1) | pdpteRights(level, 7));
      }
      for (int page = 0; page < PAGES_OF_L2; page++) {
        writeNested(
            nestedTable(1) + (long) bytes * (FIRST_OF_L2 + page),
            0x1000L * (FIRST_OF_L2 + page) | rights(false) | flags());
      }
    }

    private void writeNested(long gpa, long entry) {
      rig.vcpu.write(gpa, bytes, entry);
      unrest.written(gpa);
    }

    /** All rights, or mostly so. */
    private long rights(boolean isHostile) {
      long all = 7;
      if (!isHostile) {
        return all;
      }
      long some = random.nextInt(8);
      return oneIn(3) ? some : all;
    }

    private boolean isPae() {
      return tables != null && tables.mode() == PagingMode.PAE;
    }

    /** PDPTEs have no rights. */
    private long pdpteRights(int level, long rights) {
      return isPae() && level == 3 && !oneIn(8) ? rights & 1 : rights;
    }

    private boolean isEpt() {
      return tables instanceof NestedTables.Ept;
    }

    private long flags() {
      if (isEpt()) {
        return 6 << 3
            | (random.nextBoolean() ? EptEntry.ACCESSED : 0)
            | (random.nextBoolean() ? EptEntry.DIRTY : 0);
      }
      return (random.nextBoolean() ? GuestEntry.ACCESSED : 0)
          | (random.nextBoolean() ? GuestEntry.DIRTY : 0);
    }

    private void editNested() {
      boolean isUpper = oneIn(4);
      int level = isUpper ? 1 + random.nextInt(levels()) : 1;
      int index = level == 1 ? FIRST_OF_L2 + random.nextInt(PAGES_OF_L2) : random.nextInt(2);
      long gpa = nestedTable(level) + (long) bytes * index;
      long entry = pdpteRights(level, rights(true));
      if (level == 1) {
        entry |= flags() | page();
      } else if (oneIn(4) && level <= (isPae() ? 2 : 3)) {
        entry |= GuestEntry.LARGE | flags() | (oneIn(8) ? 1L << 13 : 0);
      } else {
        entry |= nestedTable(oneIn(4) ? 1 + random.nextInt(levels()) : level - 1);
        entry |= isEpt() || isPae() && level == 3 ? 0 : flags();
      }
      if (bytes == 8) {
        entry |= !isEpt() && !isPae() && oneIn(6) ? GuestEntry.NO_EXECUTE : 0;
        entry |= oneIn(20) ? 1L << 40 + random.nextInt(20) : 0;
      }
      writeNested(gpa, entry);
    }

    private long page() {
      return oneIn(12)
          ? ProcessorRig.MEMORY + 0x1000L * random.nextInt(4)
          : 0x1000L * (FIRST_OF_L2 + random.nextInt(PAGES_OF_L2));
    }

    private void runL2(boolean isAgain) {
      boolean isPae = l2Mode != PagingMode.BITS_32;
      long cr4 =
          (isPae ? ControlBits.CR4_PAE : ControlBits.CR4_PSE)
              | (l2Mode == PagingMode.LEVEL_5 ? ControlBits.CR4_LA57 : 0)
              | (oneIn(4) ? ControlBits.CR4_SMEP : 0);
      long efer =
          (l2Mode.isLong() ? ControlBits.EFER_LMA | ControlBits.EFER_LME : 0)
              | ControlBits.EFER_NXE;
      long cr0 =
          (l2Mode == PagingMode.NONE ? 0 : ControlBits.CR0_PG)
              | ControlBits.CR0_PE
              | (random.nextBoolean() ? ControlBits.CR0_WP : 0);
      ControlRegisters l2 =
          new ControlRegisters(cr0, 0x1000L * FIRST_OF_L2, cr4, efer, 0, oneIn(2), false);
      try {
        if (isAgain) {
          rig.vcpu.nested().resume();
        } else {
          rig.vcpu.nested().run(l2, tables);
        }
        notePdptes();
      } catch (Violated violated) {
        // The load of L2's PDPTEs.
        assertThat(l2Mode).isEqualTo(PagingMode.PAE);
      }
    }

    /** Notes what the switch to L2 has loaded. */
    private void notePdptes() {
      if (config.mmu() != MmuKind.SHADOW) {
        System.arraycopy(rig.vcpu.control().pdptes(), 0, pdptes, 0, pdptes.length);
        return;
      }
      boolean isGood = true;
      for (int i = 0; i < pdptes.length; i++) {
        pdptes[i] = reference.read(0x1000L * FIRST_OF_L2 + 8L * i, 8);
        isGood &= (pdptes[i] & 1) == 0 || (pdptes[i] & (0x1e6 | -1L << 46)) == 0;
      }
      if (!isGood) {
        Arrays.fill(pdptes, 0);
      }
    }

    // --- L2 ---

    /** Writes an entry of L2's, as L1 sees it. */
    private void editL2() {
      writeL2(random.nextInt(L2_TABLES), random.nextInt(3), oneIn(3) ? random.nextInt(8) : 7);
    }

    private void writeL2(int table, int index, long rights) {
      int size = l2Mode.entryBytes();
      long gpa = 0x1000L * (FIRST_OF_L2 + table) + size * index;
      long entry = rights;
      boolean isPdpte = l2Mode == PagingMode.PAE && gpa >>> 12 == FIRST_OF_L2;
      entry = isPdpte ? entry & 1 : entry | (long) random.nextInt(4) << 5;
      long target = oneIn(3) ? random.nextInt(PAGES_OF_L2 + 2) : random.nextInt(L2_TABLES);
      entry |= 0x1000L * (FIRST_OF_L2 + target);
      entry |= size == 8 && !isPdpte && oneIn(12) ? GuestEntry.NO_EXECUTE : 0;
      entry |= size == 8 && !isPdpte && oneIn(25) ? 1L << 32 + random.nextInt(12) : 0;
      rig.vcpu.write(gpa, size, entry);
      unrest.written(gpa);
    }

    private long linear() {
      long linear = MARK;
      for (int level = 1; level <= l2Mode.levels(); level++) {
        linear |= (long) random.nextInt(3) << l2Mode.shift(level);
      }
      return l2Mode == PagingMode.NONE
          ? MARK | 0x1000L * random.nextInt(FIRST_OF_L2 + PAGES_OF_L2 + 3)
          : linear;
    }

    private void access() {
      ControlRegisters l2 = rig.vcpu.registers();
      long gva = linear();
      AccessKind kind = AccessKind.values()[random.nextInt(3)];
      Privilege who = l2.privilege();
      NestedMachine.End expected = reference.access(l2, pdptes, gva, kind, who);
      String what = "%s: %s of %x by %s in %s".formatted(config, kind, gva, l2, tables);
      long value = expected instanceof NestedMachine.Reached reached ? mark(reached.gpa()) : 0;
      NestedMachine.End end;
      try {
        long found = perform(gva, kind, value);
        assertThat(expected).as(what).isInstanceOf(NestedMachine.Reached.class);
        assertThat(found).as(what).isEqualTo(value);
        end = expected;
      } catch (ProcessorRig.GuestFault fault) {
        end = new NestedMachine.Faulted(fault.code);
      } catch (Violated violated) {
        end = new NestedMachine.Violated(violated.violation);
        assertThat(rig.vcpu.nested().isRunning()).isFalse();
      }
      assertThat(end).as(what).isEqualTo(expected);
      if (kind == AccessKind.WRITE && end instanceof NestedMachine.Reached reached) {
        unrest.written(reached.gpa());
      }
      checkMarks(what);
    }

    private static long mark(long gpa) {
      return gpa < ProcessorRig.MEMORY ? gpa : -1;
    }

    private long perform(long gva, AccessKind kind, long value) {
      Vcpu vcpu = rig.vcpu;
      return switch (kind) {
        case READ -> vcpu.readLong(gva);
        case FETCH -> vcpu.fetch(gva, 8);
        case WRITE -> {
          vcpu.writeLong(gva, value);
          yield value;
        }
      };
    }

    /** A and D are where they must be, and nothing else has changed. */
    private void checkMarks(String what) {
      reference.seen.forEach(
          (gpa, before) -> {
            int size = gpa < 0x1000L * FIRST_OF_L2 ? bytes : l2Mode.entryBytes();
            long wanted = before | reference.required.getOrDefault(gpa, 0L);
            if (wanted != before) {
              unrest.written(gpa);
            }
            assertThat(reference.read(gpa, size)).as("%s: entry %x", what, gpa).isEqualTo(wanted);
          });
    }
  }
}
