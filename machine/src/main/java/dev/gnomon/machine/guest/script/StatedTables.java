package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.List;

/**
 * Page tables of which a script states each entry, so that they may be anything: shared, recursive,
 * broken.
 *
 * @param mode how the guest pages; not {@link PagingMode#NONE}
 * @param cr3 what CR3 is at first, on every vCPU
 * @param entries in the order of the text
 */
record StatedTables(PagingMode mode, long cr3, List<Entry> entries) implements InitialTables {

  /** An entry, of 4 or 8 bytes, that stands at a gpa. */
  record Entry(long gpa, long value) {}

  StatedTables {
    entries = List.copyOf(entries);
  }

  @Override
  public ControlRegisters registers() {
    return switch (mode) {
      case LEVEL_4, LEVEL_5 -> ControlRegisters.longMode(mode.levels(), cr3, false);
      case PAE -> protectedMode(ControlBits.CR4_PAE, ControlBits.EFER_NXE);
      default -> protectedMode(ControlBits.CR4_PSE, 0);
    };
  }

  private ControlRegisters protectedMode(long cr4, long efer) {
    long cr0 = ControlBits.CR0_PG | ControlBits.CR0_WP | ControlBits.CR0_PE | ControlBits.CR0_ET;
    return new ControlRegisters(cr0, cr3, cr4 | ControlBits.CR4_PGE, efer, 0, false, false);
  }

  /** Writes the entries, as a VMM that loads an image. Nothing runs yet. */
  void build(Cpu cpu, VirtualMachine vm) {
    byte[] bytes = new byte[mode.entryBytes()];
    for (Entry entry : entries) {
      for (int i = 0; i < bytes.length; i++) {
        bytes[i] = (byte) (entry.value >>> 8 * i);
      }
      long hva = PhysicalMemory.hpa(vm.baseHvn()) + entry.gpa;
      vm.hostSpace().write(cpu, hva, bytes, 0, bytes.length);
    }
  }
}
