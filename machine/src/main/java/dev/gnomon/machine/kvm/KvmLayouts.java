package dev.gnomon.machine.kvm;

import static java.lang.foreign.MemoryLayout.paddingLayout;
import static java.lang.foreign.MemoryLayout.sequenceLayout;
import static java.lang.foreign.MemoryLayout.structLayout;
import static java.lang.foreign.ValueLayout.JAVA_BYTE;
import static java.lang.foreign.ValueLayout.JAVA_INT;
import static java.lang.foreign.ValueLayout.JAVA_LONG;
import static java.lang.foreign.ValueLayout.JAVA_SHORT;

import java.lang.foreign.MemoryLayout;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.List;
import java.util.stream.Stream;

/**
 * KVM's structures, x86, with the kernel's names. Source: Linux, Documentation/virt/kvm/api.rst,
 * and the user-space header linux/kvm.h.
 */
final class KvmLayouts {
  /** {@code kvm_userspace_memory_region}. */
  static final StructLayout MEMORY_REGION =
      structLayout(
          JAVA_INT.withName("slot"),
          JAVA_INT.withName("flags"),
          JAVA_LONG.withName("guest_phys_addr"),
          JAVA_LONG.withName("memory_size"),
          JAVA_LONG.withName("userspace_addr"));

  /** The general registers of {@code kvm_regs}, in its order. */
  static final List<String> GENERAL =
      List.of(
          "rax", "rbx", "rcx", "rdx", "rsi", "rdi", "rsp", "rbp", "r8", "r9", "r10", "r11", "r12",
          "r13", "r14", "r15");

  /** {@code kvm_regs}. */
  static final StructLayout REGS = longs(GENERAL, "rip", "rflags");

  /** {@code kvm_segment}. */
  static final StructLayout SEGMENT =
      structLayout(
          JAVA_LONG.withName("base"),
          JAVA_INT.withName("limit"),
          JAVA_SHORT.withName("selector"),
          JAVA_BYTE.withName("type"),
          JAVA_BYTE.withName("present"),
          JAVA_BYTE.withName("dpl"),
          JAVA_BYTE.withName("db"),
          JAVA_BYTE.withName("s"),
          JAVA_BYTE.withName("l"),
          JAVA_BYTE.withName("g"),
          JAVA_BYTE.withName("avl"),
          JAVA_BYTE.withName("unusable"),
          paddingLayout(1));

  /** {@code kvm_dtable}. */
  static final StructLayout TABLE =
      structLayout(JAVA_LONG.withName("base"), JAVA_SHORT.withName("limit"), paddingLayout(6));

  /** {@code kvm_sregs}. */
  static final StructLayout SREGS =
      structLayout(
          SEGMENT.withName("cs"),
          SEGMENT.withName("ds"),
          SEGMENT.withName("es"),
          SEGMENT.withName("fs"),
          SEGMENT.withName("gs"),
          SEGMENT.withName("ss"),
          SEGMENT.withName("tr"),
          SEGMENT.withName("ldt"),
          TABLE.withName("gdt"),
          TABLE.withName("idt"),
          JAVA_LONG.withName("cr0"),
          JAVA_LONG.withName("cr2"),
          JAVA_LONG.withName("cr3"),
          JAVA_LONG.withName("cr4"),
          JAVA_LONG.withName("cr8"),
          JAVA_LONG.withName("efer"),
          JAVA_LONG.withName("apic_base"),
          sequenceLayout(4, JAVA_LONG).withName("interrupt_bitmap"));

  /** {@code kvm_dirty_log}. */
  static final StructLayout DIRTY_LOG =
      structLayout(JAVA_INT.withName("slot"), paddingLayout(4), JAVA_LONG.withName("dirty_bitmap"));

  /** {@code kvm_clear_dirty_log}. */
  static final StructLayout CLEAR_DIRTY_LOG =
      structLayout(
          JAVA_INT.withName("slot"),
          JAVA_INT.withName("num_pages"),
          JAVA_LONG.withName("first_page"),
          JAVA_LONG.withName("dirty_bitmap"));

  /** {@code kvm_dirty_gfn}, an entry of a dirty ring. */
  static final StructLayout DIRTY_GFN =
      structLayout(
          JAVA_INT.withName("flags"), JAVA_INT.withName("slot"), JAVA_LONG.withName("offset"));

  /** {@code kvm_enable_cap}. */
  static final StructLayout ENABLE_CAPABILITY =
      structLayout(
          JAVA_INT.withName("cap"),
          JAVA_INT.withName("flags"),
          sequenceLayout(4, JAVA_LONG).withName("args"),
          paddingLayout(64));

  /** {@code kvm_mp_state}. */
  static final StructLayout MP_STATE = structLayout(JAVA_INT.withName("mp_state"));

  /** {@code kvm_cpuid2} without its entries. */
  static final StructLayout CPUID_HEADER =
      structLayout(JAVA_INT.withName("nent"), paddingLayout(4));

  /** Bytes of a {@code kvm_cpuid_entry2}. */
  static final long CPUID_ENTRY_BYTES = 40;

  /** {@code kvm_signal_mask} without its set. */
  static final StructLayout SIGNAL_MASK_HEADER = structLayout(JAVA_INT.withName("len"));

  /** The head of {@code kvm_run}; at its end begins the part that depends on the exit. */
  static final StructLayout RUN =
      structLayout(
          JAVA_BYTE.withName("request_interrupt_window"),
          JAVA_BYTE.withName("immediate_exit"),
          paddingLayout(6),
          JAVA_INT.withName("exit_reason"),
          JAVA_BYTE.withName("ready_for_interrupt_injection"),
          JAVA_BYTE.withName("if_flag"),
          JAVA_SHORT.withName("flags"),
          JAVA_LONG.withName("cr8"),
          JAVA_LONG.withName("apic_base"));

  /** Exit by IN or OUT. */
  static final StructLayout IO =
      structLayout(
          JAVA_BYTE.withName("direction"),
          JAVA_BYTE.withName("size"),
          JAVA_SHORT.withName("port"),
          JAVA_INT.withName("count"),
          JAVA_LONG.withName("data_offset"));

  /** Exit by an access to memory that no slot holds. */
  static final StructLayout MMIO =
      structLayout(
          JAVA_LONG.withName("phys_addr"),
          JAVA_LONG.withName("data"),
          JAVA_INT.withName("len"),
          JAVA_BYTE.withName("is_write"),
          paddingLayout(3));

  /** KVM_EXIT_FAIL_ENTRY. */
  static final StructLayout FAIL_ENTRY =
      structLayout(
          JAVA_LONG.withName("hardware_entry_failure_reason"),
          JAVA_INT.withName("cpu"),
          paddingLayout(4));

  /** KVM_EXIT_INTERNAL_ERROR. */
  static final StructLayout INTERNAL =
      structLayout(
          JAVA_INT.withName("suberror"),
          JAVA_INT.withName("ndata"),
          sequenceLayout(16, JAVA_LONG).withName("data"));

  private KvmLayouts() {}

  private static StructLayout longs(List<String> names, String... more) {
    MemoryLayout[] fields =
        Stream.concat(names.stream(), Stream.of(more))
            .map(JAVA_LONG::withName)
            .toArray(MemoryLayout[]::new);
    return structLayout(fields);
  }

  /** A number in a structure; narrower ones zero-extended. */
  static long get(MemorySegment structure, StructLayout layout, String field) {
    long at = layout.byteOffset(PathElement.groupElement(field));
    return switch (layout.select(PathElement.groupElement(field))) {
      case ValueLayout.OfByte byteField -> structure.get(byteField, at) & 0xffL;
      case ValueLayout.OfShort shortField -> structure.get(shortField, at) & 0xffffL;
      case ValueLayout.OfInt intField -> Integer.toUnsignedLong(structure.get(intField, at));
      case ValueLayout.OfLong longField -> structure.get(longField, at);
      default -> throw new IllegalArgumentException(field);
    };
  }

  /** Stores a number in a structure, as many bytes as the field has. */
  static void set(MemorySegment structure, StructLayout layout, String field, long value) {
    long at = layout.byteOffset(PathElement.groupElement(field));
    switch (layout.select(PathElement.groupElement(field))) {
      case ValueLayout.OfByte byteField -> structure.set(byteField, at, (byte) value);
      case ValueLayout.OfShort shortField -> structure.set(shortField, at, (short) value);
      case ValueLayout.OfInt intField -> structure.set(intField, at, (int) value);
      case ValueLayout.OfLong longField -> structure.set(longField, at, value);
      default -> throw new IllegalArgumentException(field);
    }
  }

  /** A structure in a structure. */
  static MemorySegment inner(MemorySegment structure, StructLayout layout, String field) {
    return structure.asSlice(
        layout.byteOffset(PathElement.groupElement(field)),
        layout.select(PathElement.groupElement(field)).byteSize());
  }
}
