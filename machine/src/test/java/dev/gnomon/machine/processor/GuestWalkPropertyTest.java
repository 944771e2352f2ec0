package dev.gnomon.machine.processor;

import static dev.gnomon.mmu.arch.ControlBits.CR0_ET;
import static dev.gnomon.mmu.arch.ControlBits.CR0_PE;
import static dev.gnomon.mmu.arch.ControlBits.CR0_PG;
import static dev.gnomon.mmu.arch.ControlBits.CR0_WP;
import static dev.gnomon.mmu.arch.ControlBits.CR4_LA57;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PAE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PGE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PKE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_PSE;
import static dev.gnomon.mmu.arch.ControlBits.CR4_SMAP;
import static dev.gnomon.mmu.arch.ControlBits.CR4_SMEP;
import static dev.gnomon.mmu.arch.ControlBits.EFER_LMA;
import static dev.gnomon.mmu.arch.ControlBits.EFER_LME;
import static dev.gnomon.mmu.arch.ControlBits.EFER_NXE;
import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.arch.ReferenceWalk;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Accesses of a guest in any paging mode, whose tables and registers hold anything, end as the
 * reference walk says, with A and D as it says, whatever was cached before.
 */
class GuestWalkPropertyTest {
  private static final int ACCESSES = 60;
  private static final List<PagingMode> MODES =
      List.of(PagingMode.BITS_32, PagingMode.PAE, PagingMode.LEVEL_4, PagingMode.LEVEL_5);

  private static final List<MmuConfig> CONFIGS =
      List.of(
          MmuConfig.of(TdpKind.NPT, 1),
          MmuConfig.of(TdpKind.EPT, 1),
          MmuConfig.of(TdpKind.EPT, 1).withAccessedDirty(false));

  private static final List<TlbConfig> TLBS =
      List.of(TlbConfig.DEFAULT, TlbConfig.SMALL, TlbConfig.FORGETFUL);

  private Random random = new Random();
  private PagingMode mode = PagingMode.NONE;
  private final long[] pdptes = new long[4];

  @Property(tries = 300, edgeCases = EdgeCasesMode.NONE)
  void anAccessEndsAsTheProcessorDefines(@ForAll long seed) {
    random = new Random(seed);
    mode = MODES.get(random.nextInt(MODES.size()));
    PagingFeatures features =
        new PagingFeatures(
            List.of(33, 36, 40, 46).get(random.nextInt(4)),
            random.nextBoolean(),
            random.nextBoolean());
    MmuConfig mmu = CONFIGS.get(random.nextInt(CONFIGS.size()));
    try (ProcessorRig rig = new ProcessorRig(mmu, TLBS.get(random.nextInt(TLBS.size())))) {
      rig.vcpu.control().setPagingFeatures(features);
      HostileTables tables = new HostileTables(rig, random, mode);
      tables.make();
      load(rig, tables, features);
      for (int i = 0; i < ACCESSES; i++) {
        change(rig, tables, features);
        access(rig, tables, features);
      }
      assertThat(tables.areMarksIntact()).isTrue();
    }
  }

  // --- registers ---

  private long some(long... bits) {
    long chosen = 0;
    for (long bit : bits) {
      chosen |= random.nextBoolean() ? bit : 0;
    }
    return chosen;
  }

  private long cr0() {
    return CR0_PG | CR0_PE | CR0_ET | some(CR0_WP);
  }

  private long cr4() {
    return (mode == PagingMode.BITS_32 ? 0 : CR4_PAE)
        | (mode == PagingMode.LEVEL_5 ? CR4_LA57 : 0)
        | some(CR4_PSE, CR4_PGE, CR4_SMEP, CR4_SMAP, CR4_PKE);
  }

  private long efer() {
    return (mode.isLong() ? EFER_LMA | EFER_LME : 0) | (random.nextInt(4) == 0 ? 0 : EFER_NXE);
  }

  private int pkru() {
    return random.nextInt() & random.nextInt();
  }

  private void load(ProcessorRig rig, HostileTables tables, PagingFeatures features) {
    ControlRegisters registers =
        new ControlRegisters(
            cr0(), tables.cr3(), cr4(), efer(), pkru(), random.nextBoolean(), random.nextBoolean());
    boolean isGood = readPdptes(tables, registers.cr3(), features);
    if (!isGood) {
      Arrays.fill(pdptes, 0);
    }
    rig.vcpu.load(registers);
    assertThat(rig.vcpu.registers().mode()).isEqualTo(mode);
  }

  /** Reads what a load of CR3 would load. Returns whether it can be loaded. */
  private boolean readPdptes(HostileTables tables, long cr3, PagingFeatures features) {
    if (mode != PagingMode.PAE) {
      return true;
    }
    boolean isGood = true;
    for (int i = 0; i < pdptes.length; i++) {
      pdptes[i] = tables.read((cr3 & 0xffff_ffe0L) + 8 * i, 8);
      long reserved = 0b1_1110_0110 | -1L << features.physicalAddressBits();
      isGood &= (pdptes[i] & 1) == 0 || (pdptes[i] & reserved) == 0;
    }
    return isGood;
  }

  /** Now and then changes registers, by what instructions do. */
  private void change(ProcessorRig rig, HostileTables tables, PagingFeatures features) {
    Vcpu vcpu = rig.vcpu;
    ControlRegisters old = vcpu.registers();
    long[] before = pdptes.clone();
    switch (random.nextInt(12)) {
      case 0 -> load(rig, tables, features);
      case 1 -> {
        long cr3 = tables.cr3();
        boolean isGood = readPdptes(tables, cr3, features);
        assertThat(vcpu.loadCr3(cr3)).isEqualTo(isGood);
        // Global translations have outlived it.
        vcpu.control().invpcidAll();
        if (!isGood) {
          assertThat(vcpu.registers()).isEqualTo(old);
          System.arraycopy(before, 0, pdptes, 0, pdptes.length);
        }
      }
      case 2 -> {
        long cr4 = cr4();
        long efer = efer();
        boolean isLoad = ((old.cr4() ^ cr4) & (CR4_PSE | CR4_PGE | CR4_SMEP)) != 0;
        boolean isGood = !isLoad || readPdptes(tables, old.cr3(), features);
        assertThat(vcpu.control().loadModes(cr0(), cr4, efer)).isEqualTo(isGood);
        if (!isGood) {
          assertThat(vcpu.registers()).isEqualTo(old);
          System.arraycopy(before, 0, pdptes, 0, pdptes.length);
        }
      }
      case 3 -> vcpu.control().setPkru(pkru());
      case 4, 5 -> vcpu.setPrivilege(random.nextBoolean(), random.nextBoolean());
      case 6 -> vcpu.invlpg(tables.linear());
      default -> {}
    }
  }

  // --- accesses ---

  private void access(ProcessorRig rig, HostileTables tables, PagingFeatures features) {
    ControlRegisters registers = rig.vcpu.registers();
    long gva = tables.linear();
    AccessKind kind = AccessKind.values()[random.nextInt(3)];
    boolean isImplicit = kind != AccessKind.FETCH && random.nextInt(4) == 0;
    Privilege who = isImplicit ? Privilege.SUPERVISOR : registers.privilege();
    Map<Long, Long> seen = new HashMap<>();
    ReferenceWalk reference =
        new ReferenceWalk(
            (gpa, bytes) -> {
              long value = tables.read(gpa, bytes);
              seen.put(gpa, value);
              return value;
            },
            registers,
            features,
            pdptes);
    String what = "%s %s of %x, %s".formatted(who, kind, gva, registers);
    switch (reference.walk(gva, kind, who)) {
      case ReferenceWalk.Fault(long code) -> {
        assertThat(faultCode(rig, gva, kind, isImplicit)).as(what).isEqualTo(code);
        seen.forEach((gpa, value) -> checkEntry(tables, gpa, value, 0, what));
        assertThat(rig.vcpu.registers()).as(what).isEqualTo(registers);
      }
      case ReferenceWalk.Translated(long gpa, long bytes, List<Long> used) -> {
        long value = gpa < ProcessorRig.MEMORY ? gpa : -1;
        assertThat(perform(rig, gva, kind, isImplicit, value)).as(what).isEqualTo(value);
        Map<Long, Long> set = new HashMap<>();
        used.forEach(each -> set.put(each, GuestEntry.ACCESSED));
        if (kind == AccessKind.WRITE) {
          set.merge(used.getLast(), GuestEntry.DIRTY, (one, other) -> one | other);
        }
        set.forEach((each, bits) -> checkEntry(tables, each, seen.get(each), bits, what));
        assertThat(gpa % bytes).as(what).isEqualTo(gva & bytes - 1);
      }
    }
  }

  private void checkEntry(HostileTables tables, long gpa, long before, long set, String what) {
    int bytes = mode.entryBytes();
    assertThat(tables.read(gpa, bytes)).as("%s: entry %x", what, gpa).isEqualTo(before | set);
  }

  private static long faultCode(ProcessorRig rig, long gva, AccessKind kind, boolean isImplicit) {
    try {
      perform(rig, gva, kind, isImplicit, 0);
      return -1;
    } catch (ProcessorRig.GuestFault fault) {
      return fault.code;
    }
  }

  /** Returns what was read, or, for a write, what is there now; writes what is there anyway. */
  private static long perform(
      ProcessorRig rig, long gva, AccessKind kind, boolean isImplicit, long value) {
    Vcpu vcpu = rig.vcpu;
    return switch (kind) {
      case READ -> isImplicit ? vcpu.readSystem(gva, 8) : vcpu.readLong(gva);
      case FETCH -> vcpu.fetch(gva, 8);
      case WRITE -> {
        if (isImplicit) {
          vcpu.writeSystem(gva, 8, value);
          yield vcpu.readSystem(gva, 8);
        }
        vcpu.writeLong(gva, value);
        yield vcpu.readLong(gva);
      }
    };
  }
}
