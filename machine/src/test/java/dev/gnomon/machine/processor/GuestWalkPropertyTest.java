package dev.gnomon.machine.processor;

import static org.assertj.core.api.Assertions.assertThat;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.arch.ReferenceWalk;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.EdgeCasesMode;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;

/**
 * Accesses of a guest whose tables hold anything end as the reference walk says, whatever was
 * cached before.
 */
class GuestWalkPropertyTest {
  private static final int ACCESSES = 60;
  private static final int TABLES = 12;
  private static final int[] INDICES = {0, 1, 511};
  private static final int ADDRESS_BITS = 46;

  /** In each page, beyond the entries that are used, is its own address. */
  private static final long MARK = 0x800;

  private static final long ASSISTED = GuestEntry.ACCESSED | GuestEntry.DIRTY;

  private final Map<Long, Long> made = new HashMap<>();

  @Property(tries = 150, edgeCases = EdgeCasesMode.NONE)
  void anAccessEndsAsTheProcessorDefines(@ForAll long seed) {
    Random random = new Random(seed);
    int levels = 4 + random.nextInt(2);
    MmuConfig mmu = MmuConfig.of(random.nextBoolean() ? TdpKind.EPT : TdpKind.NPT, 1);
    TlbConfig[] tlbs = {TlbConfig.DEFAULT, TlbConfig.SMALL, TlbConfig.FORGETFUL};
    try (ProcessorRig rig = new ProcessorRig(mmu, tlbs[random.nextInt(tlbs.length)])) {
      made.clear();
      for (long gpa = MARK; gpa < ProcessorRig.MEMORY; gpa += 0x1000) {
        rig.vcpu.writeLong(gpa, gpa);
      }
      for (int level = 1; level <= levels; level++) {
        makeTables(rig, random, level);
      }
      ReferenceWalk reference =
          new ReferenceWalk(gpa -> made.getOrDefault(gpa, 0L), levels, ADDRESS_BITS);
      for (int i = 0; i < ACCESSES; i++) {
        access(rig, random, levels, reference);
      }
    }
  }

  private static long table(int level, int which) {
    return (1 + 2 * (level - 1) + which) * 0x1000L;
  }

  private void makeTables(ProcessorRig rig, Random random, int level) {
    for (int which = 0; which < 2; which++) {
      for (int index : INDICES) {
        long gpa = table(level, which) + 8L * index;
        long entry = entry(random, level);
        rig.vcpu.writeLong(gpa, entry);
        made.put(gpa, entry);
      }
    }
  }

  /** Mostly an entry that lets most accesses through. */
  private static long entry(Random random, int level) {
    long bits = random.nextInt(12) == 0 ? 0 : GuestEntry.PRESENT;
    bits |= random.nextInt(6) == 0 ? 0 : GuestEntry.WRITABLE;
    bits |= random.nextInt(6) == 0 ? 0 : GuestEntry.USER;
    bits |= random.nextBoolean() ? GuestEntry.ACCESSED : 0;
    bits |= random.nextInt(8) == 0 ? GuestEntry.NO_EXECUTE : 0;
    bits |= random.nextInt(30) == 0 ? 1L << ADDRESS_BITS + random.nextInt(6) : 0;
    boolean isLarge = random.nextInt(level > 3 ? 30 : 4) == 0;
    if (level == 1 || isLarge) {
      bits |= random.nextBoolean() ? GuestEntry.DIRTY : 0;
      bits |= random.nextBoolean() ? GuestEntry.GLOBAL : 0;
      long page = level > 1 ? 0 : (TABLES + 1 + random.nextInt(400)) * 0x1000L;
      // What is reserved in a large leaf, now and then.
      page |= level > 1 && random.nextInt(10) == 0 ? 1L << 13 + random.nextInt(8) : 0;
      return bits | page | (level > 1 ? GuestEntry.LARGE : 0);
    }
    return bits | table(level - 1, random.nextInt(2));
  }

  private void access(ProcessorRig rig, Random random, int levels, ReferenceWalk reference) {
    long gva = MARK;
    for (int level = 1; level <= levels; level++) {
      gva |= (long) INDICES[random.nextInt(INDICES.length)] << PageLevel.shift(level);
    }
    int unused = Long.SIZE - 12 - 9 * levels;
    gva = random.nextInt(20) == 0 ? gva | 1L << 62 : gva << unused >> unused;
    long root = table(levels, random.nextInt(2));
    AccessKind kind = AccessKind.values()[random.nextInt(3)];
    boolean isUser = random.nextBoolean();
    if (random.nextInt(3) == 0 || !rig.vcpu.registers().isPaging()) {
      rig.vcpu.load(new ControlRegisters(true, levels, root, isUser));
    } else {
      root = rig.vcpu.registers().cr3();
      rig.vcpu.setUser(isUser);
    }
    String what = "%s %s of %x under %x".formatted(isUser ? "user" : "supervisor", kind, gva, root);
    switch (reference.walk(root, gva, kind, isUser)) {
      case ReferenceWalk.Fault(long code) ->
          assertThat(faultCode(rig, gva, kind)).as(what).isEqualTo(code);
      case ReferenceWalk.Translated(long gpa, int level, int used) -> {
        long value = gpa < ProcessorRig.MEMORY ? gpa : -1;
        assertThat(perform(rig, gva, kind, value)).as(what).isEqualTo(value);
        checkAssists(rig, root, gva, levels, used, kind, what);
        assertThat(levels + 1 - used).as(what).isEqualTo(level);
      }
    }
  }

  private static long faultCode(ProcessorRig rig, long gva, AccessKind kind) {
    try {
      perform(rig, gva, kind, 0);
      return -1;
    } catch (ProcessorRig.GuestFault fault) {
      return fault.code;
    }
  }

  /** Returns what was read, or, for a write, what is there now; writes what is there anyway. */
  private static long perform(ProcessorRig rig, long gva, AccessKind kind, long value) {
    return switch (kind) {
      case READ -> rig.vcpu.readLong(gva);
      case FETCH -> rig.vcpu.fetch(gva, 8);
      case WRITE -> {
        rig.vcpu.writeLong(gva, value);
        yield rig.vcpu.readLong(gva);
      }
    };
  }

  /** Every entry of the walk has A, the leaf D after a write; nothing else has changed. */
  private void checkAssists(
      ProcessorRig rig, long root, long gva, int levels, int used, AccessKind kind, String what) {
    long table = root;
    for (int i = 0; i < used; i++) {
      int level = levels - i;
      long gpa = table + 8L * PageLevel.index(gva, level);
      long entry = rig.word(gpa);
      long before = made.get(gpa);
      assertThat(entry | ASSISTED).as(what).isEqualTo(before | ASSISTED);
      assertThat(entry & GuestEntry.ACCESSED).as(what).isNotZero();
      if (i == used - 1 && kind == AccessKind.WRITE) {
        assertThat(entry & GuestEntry.DIRTY).as(what).isNotZero();
      } else if (i < used - 1) {
        assertThat(entry & GuestEntry.DIRTY).as(what).isEqualTo(before & GuestEntry.DIRTY);
      }
      table = GuestEntry.address(entry);
    }
  }
}
