package dev.gnomon.machine.kvm;

import java.lang.foreign.MemoryLayout;

/**
 * The numbers of KVM's requests: direction, size of the structure, KVM's letter, number. Source:
 * Linux, Documentation/virt/kvm/api.rst, and the user-space header linux/kvm.h.
 */
final class KvmRequests {
  static final int API_VERSION = 12;

  static final long GET_API_VERSION = plain(0x00);
  static final long CREATE_VM = plain(0x01);
  static final long CHECK_EXTENSION = plain(0x03);
  static final long GET_VCPU_MMAP_SIZE = plain(0x04);
  static final long GET_SUPPORTED_CPUID = readWrite(0x05, KvmLayouts.CPUID_HEADER);
  static final long CREATE_VCPU = plain(0x41);
  static final long GET_DIRTY_LOG = write(0x42, KvmLayouts.DIRTY_LOG);
  static final long SET_NR_MMU_PAGES = plain(0x44);
  static final long SET_USER_MEMORY_REGION = write(0x46, KvmLayouts.MEMORY_REGION);
  static final long SET_TSS_ADDRESS = plain(0x47);
  static final long RUN = plain(0x80);
  static final long GET_REGS = read(0x81, KvmLayouts.REGS);
  static final long SET_REGS = write(0x82, KvmLayouts.REGS);
  static final long GET_SREGS = read(0x83, KvmLayouts.SREGS);
  static final long SET_SREGS = write(0x84, KvmLayouts.SREGS);
  static final long SET_SIGNAL_MASK = write(0x8b, KvmLayouts.SIGNAL_MASK_HEADER);
  static final long SET_CPUID2 = write(0x90, KvmLayouts.CPUID_HEADER);
  static final long SET_MP_STATE = write(0x99, KvmLayouts.MP_STATE);
  static final long ENABLE_CAPABILITY = write(0xa3, KvmLayouts.ENABLE_CAPABILITY);
  static final long CLEAR_DIRTY_LOG = readWrite(0xc0, KvmLayouts.CLEAR_DIRTY_LOG);
  static final long RESET_DIRTY_RINGS = plain(0xc7);

  static final int CAPABILITY_MANUAL_PROTECT = 168;
  static final int CAPABILITY_DIRTY_RING = 192;

  private static final long LETTER = 0xae00;
  private static final long WRITE = 1L << 30;
  private static final long READ = 2L << 30;
  private static final int SIZE_SHIFT = 16;

  private KvmRequests() {}

  private static long plain(int number) {
    return LETTER | number;
  }

  private static long write(int number, MemoryLayout structure) {
    return WRITE | structure.byteSize() << SIZE_SHIFT | LETTER | number;
  }

  private static long read(int number, MemoryLayout structure) {
    return READ | structure.byteSize() << SIZE_SHIFT | LETTER | number;
  }

  private static long readWrite(int number, MemoryLayout structure) {
    return READ | write(number, structure);
  }
}
