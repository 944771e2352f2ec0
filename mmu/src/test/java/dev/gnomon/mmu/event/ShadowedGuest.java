package dev.gnomon.mmu.event;

import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.table.FaultResult;
import dev.gnomon.mmu.testing.TestVm;
import java.util.List;

/**
 * A guest whose tables are shadowed, told access by access. Its memory is a slot at 0 of 4 MiB, all
 * of it present on the host. Its tables lie where the recordings' guests have theirs and map the
 * first 2 MiB as they are, with every right.
 */
final class ShadowedGuest {
  static final long DIRECTORY = 0x3000;
  static final long TABLE = 0x4000;

  private static final long PAGES = 1024;
  private static final long BASE_HVN = 4096;
  private static final long ALL_RIGHTS = 7;

  private final NormalisedEvents events = new NormalisedEvents();
  private final TestVm vm;
  private final int entryBytes;
  private int told;

  ShadowedGuest(ControlRegisters registers, Rules rules) {
    this(MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.SHADOW), registers, rules);
  }

  ShadowedGuest(MmuConfig config, ControlRegisters registers, Rules rules) {
    vm = new TestVm(config, rules, events);
    entryBytes = registers.mode().entryBytes();
    vm.addSlot(0, 0, PAGES, BASE_HVN);
    for (long i = 0; i < PAGES; i++) {
      vm.host().resolve(vm.hostCpu(), BASE_HVN + i, true);
    }
    boolean isPae = registers.mode() == PagingMode.PAE;
    put(0x1000, 0x2000 | ALL_RIGHTS, 8);
    put(0x2000, DIRECTORY | (isPae ? 1 : ALL_RIGHTS), 8);
    entry(DIRECTORY, 0, TABLE | ALL_RIGHTS);
    identity(TABLE, 0, 512);
    vm.vcpu().mmu().loadRegisters(vm.vcpu().cpu(), registers);
    enter();
  }

  /** Another set of tables that map the same, below 0x5000. */
  void secondTables() {
    put(0x5000, 0x6000 | ALL_RIGHTS, 8);
    put(0x6000, 0x7000 | ALL_RIGHTS, 8);
    entry(0x7000, 0, 0x8000 | ALL_RIGHTS);
    identity(0x8000, 0, 512);
  }

  static ControlRegisters longMode() {
    return registers(ControlBits.CR4_PAE, 0x1000, 0xd00);
  }

  static ControlRegisters pae() {
    return registers(ControlBits.CR4_PAE, 0x2000, 0x800);
  }

  static ControlRegisters bits32() {
    return registers(0, DIRECTORY, 0);
  }

  private static ControlRegisters registers(long cr4, long cr3, long efer) {
    return new ControlRegisters(0x80010031L, cr3, cr4, efer, 0, false, false);
  }

  TestVm vm() {
    return vm;
  }

  /** Fills a table of the guest: each entry maps the page of its number after {@code firstGfn}. */
  void identity(long table, long firstGfn, int entries) {
    for (int i = 0; i < entries; i++) {
      entry(table, i, firstGfn + i << 12 | ALL_RIGHTS);
    }
  }

  /** The guest's memory changes, by a write that nobody notices. */
  void entry(long table, int index, long value) {
    put(table + (long) index * entryBytes, value, entryBytes);
  }

  private void put(long gpa, long value, int size) {
    for (int i = 0; i < size; i++) {
      long hpa = hpa(gpa + i);
      long word = vm.memory().getLong(hpa & -8L);
      int shift = (int) (hpa & 7) * 8;
      vm.memory().setLong(hpa & -8L, word & ~(0xffL << shift) | (value >>> 8 * i & 0xff) << shift);
    }
  }

  private long hpa(long gpa) {
    long page = vm.host().resolve(vm.hostCpu(), BASE_HVN + (gpa >>> 12), true);
    return HostPages.pfn(page) << 12 | gpa & 0xfff;
  }

  /** The VMM writes for the guest. */
  void emulateWrite(long gpa, int size, long value) {
    put(gpa, value, size);
    vm.vcpu().mmu().written(vm.vcpu().cpu(), gpa, size);
    enter();
  }

  FaultResult read(long gva) {
    return vm.vcpu().fault(gva, 0);
  }

  FaultResult write(long gva) {
    return vm.vcpu().fault(gva, 2);
  }

  /** A write where something is mapped read-only. */
  FaultResult writePresent(long gva) {
    return vm.vcpu().fault(gva, 3);
  }

  boolean loadCr3(long cr3) {
    boolean isDone = vm.vcpu().mmu().loadCr3(vm.vcpu().cpu(), cr3, false);
    enter();
    return isDone;
  }

  boolean loadModes(long cr0, long cr4, long efer) {
    boolean isDone = vm.vcpu().mmu().loadModes(vm.vcpu().cpu(), cr0, cr4, efer);
    enter();
    return isDone;
  }

  void enter() {
    vm.vcpu().enter();
    vm.vcpu().exit();
  }

  /** What was told since the last call. */
  List<String> news() {
    List<String> all = events.lines();
    List<String> fresh = List.copyOf(all.subList(told, all.size()));
    told = all.size();
    return fresh;
  }

  /** As {@link #news}, the events of some kinds only. */
  List<String> news(String... kinds) {
    return news().stream()
        .filter(
            line -> {
              for (String kind : kinds) {
                if (line.startsWith(kind + " ")) {
                  return true;
                }
              }
              return false;
            })
        .toList();
  }
}
