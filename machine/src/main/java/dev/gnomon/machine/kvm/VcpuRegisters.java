package dev.gnomon.machine.kvm;

import static dev.gnomon.machine.kvm.KvmLayouts.get;
import static dev.gnomon.machine.kvm.KvmLayouts.inner;
import static dev.gnomon.machine.kvm.KvmLayouts.set;

import dev.gnomon.machine.x86.CpuState;
import dev.gnomon.machine.x86.DescriptorTable;
import dev.gnomon.machine.x86.Segment;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** Our registers as KVM's structures, and back. */
final class VcpuRegisters {
  /** In the order of {@link CpuState#segments}. */
  private static final List<String> SEGMENTS = List.of("es", "cs", "ss", "ds", "fs", "gs");

  /** In the order of {@link CpuState#gpr}, as KVM's names. */
  private static final List<String> GENERAL =
      List.of(
          "rax", "rcx", "rdx", "rbx", "rsp", "rbp", "rsi", "rdi", "r8", "r9", "r10", "r11", "r12",
          "r13", "r14", "r15");

  private static final int AVAILABLE = 1 << 8;

  private VcpuRegisters() {}

  static void putGeneral(CpuState state, MemorySegment general) {
    for (int i = 0; i < GENERAL.size(); i++) {
      set(general, KvmLayouts.REGS, GENERAL.get(i), state.gpr[i]);
    }
    set(general, KvmLayouts.REGS, "rip", state.rip);
    set(general, KvmLayouts.REGS, "rflags", state.rflags());
  }

  /** Segments, tables, control registers; the rest of the structure stays as it is. */
  static void putSystem(CpuState state, MemorySegment system) {
    for (int i = 0; i < SEGMENTS.size(); i++) {
      put(state.segments[i], inner(system, KvmLayouts.SREGS, SEGMENTS.get(i)));
    }
    put(state.tr, inner(system, KvmLayouts.SREGS, "tr"));
    put(state.ldtr, inner(system, KvmLayouts.SREGS, "ldt"));
    put(state.gdtr, inner(system, KvmLayouts.SREGS, "gdt"));
    put(state.idtr, inner(system, KvmLayouts.SREGS, "idt"));
    set(system, KvmLayouts.SREGS, "cr0", state.cr0);
    set(system, KvmLayouts.SREGS, "cr2", state.cr2);
    set(system, KvmLayouts.SREGS, "cr3", state.cr3);
    set(system, KvmLayouts.SREGS, "cr4", state.cr4);
    set(system, KvmLayouts.SREGS, "efer", state.efer);
  }

  private static void put(Segment segment, MemorySegment into) {
    int attributes = segment.attributes();
    set(into, KvmLayouts.SEGMENT, "base", segment.base());
    set(into, KvmLayouts.SEGMENT, "limit", segment.limit());
    set(into, KvmLayouts.SEGMENT, "selector", segment.selector());
    set(into, KvmLayouts.SEGMENT, "type", segment.type());
    set(into, KvmLayouts.SEGMENT, "present", bit(attributes, Segment.PRESENT));
    set(into, KvmLayouts.SEGMENT, "dpl", segment.dpl());
    set(into, KvmLayouts.SEGMENT, "db", bit(attributes, Segment.BIG));
    set(into, KvmLayouts.SEGMENT, "s", bit(attributes, Segment.NON_SYSTEM));
    set(into, KvmLayouts.SEGMENT, "l", bit(attributes, Segment.LONG));
    set(into, KvmLayouts.SEGMENT, "g", bit(attributes, Segment.GRANULAR));
    set(into, KvmLayouts.SEGMENT, "avl", bit(attributes, AVAILABLE));
    set(into, KvmLayouts.SEGMENT, "unusable", segment.isPresent() ? 0 : 1);
  }

  private static void put(DescriptorTable table, MemorySegment into) {
    set(into, KvmLayouts.TABLE, "base", table.base);
    set(into, KvmLayouts.TABLE, "limit", table.limit);
  }

  private static int bit(int attributes, int mask) {
    return (attributes & mask) == 0 ? 0 : 1;
  }

  static CpuState take(MemorySegment general, MemorySegment system) {
    CpuState state = CpuState.reset();
    for (int i = 0; i < GENERAL.size(); i++) {
      state.gpr[i] = get(general, KvmLayouts.REGS, GENERAL.get(i));
    }
    state.rip = get(general, KvmLayouts.REGS, "rip");
    state.setRflags(get(general, KvmLayouts.REGS, "rflags"));
    for (int i = 0; i < SEGMENTS.size(); i++) {
      take(inner(system, KvmLayouts.SREGS, SEGMENTS.get(i)), state.segments[i]);
    }
    take(inner(system, KvmLayouts.SREGS, "tr"), state.tr);
    take(inner(system, KvmLayouts.SREGS, "ldt"), state.ldtr);
    take(inner(system, KvmLayouts.SREGS, "gdt"), state.gdtr);
    take(inner(system, KvmLayouts.SREGS, "idt"), state.idtr);
    state.cr0 = get(system, KvmLayouts.SREGS, "cr0");
    state.cr2 = get(system, KvmLayouts.SREGS, "cr2");
    state.cr3 = get(system, KvmLayouts.SREGS, "cr3");
    state.cr4 = get(system, KvmLayouts.SREGS, "cr4");
    state.cr8 = get(system, KvmLayouts.SREGS, "cr8");
    state.efer = get(system, KvmLayouts.SREGS, "efer");
    state.cpl = state.isProtected() ? state.segments[CpuState.SS].dpl() : 0;
    return state;
  }

  private static void take(MemorySegment from, Segment segment) {
    int attributes =
        (int)
            (get(from, KvmLayouts.SEGMENT, "type")
                | get(from, KvmLayouts.SEGMENT, "s") * Segment.NON_SYSTEM
                | get(from, KvmLayouts.SEGMENT, "dpl") << Segment.DPL_SHIFT
                | get(from, KvmLayouts.SEGMENT, "present") * Segment.PRESENT
                | get(from, KvmLayouts.SEGMENT, "avl") * AVAILABLE
                | get(from, KvmLayouts.SEGMENT, "l") * Segment.LONG
                | get(from, KvmLayouts.SEGMENT, "db") * Segment.BIG
                | get(from, KvmLayouts.SEGMENT, "g") * Segment.GRANULAR);
    segment.load(
        (int) get(from, KvmLayouts.SEGMENT, "selector"),
        get(from, KvmLayouts.SEGMENT, "base"),
        (int) get(from, KvmLayouts.SEGMENT, "limit"),
        attributes);
  }

  private static void take(MemorySegment from, DescriptorTable table) {
    table.load(get(from, KvmLayouts.TABLE, "base"), (int) get(from, KvmLayouts.TABLE, "limit"));
  }

  /** The registers that decide the mode, in one line. */
  static String mode(MemorySegment system) {
    StringBuilder text = new StringBuilder();
    for (String name : List.of("cr0", "cr3", "cr4", "efer")) {
      text.append(text.isEmpty() ? "" : " ").append(name).append(' ');
      text.append(Long.toHexString(get(system, KvmLayouts.SREGS, name)));
    }
    return text.toString();
  }
}
