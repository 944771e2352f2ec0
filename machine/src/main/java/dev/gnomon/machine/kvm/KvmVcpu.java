package dev.gnomon.machine.kvm;

import static dev.gnomon.machine.kvm.KvmLayouts.get;

import dev.gnomon.machine.x86.CpuState;
import java.lang.foreign.Arena;
import java.lang.foreign.MemoryLayout.PathElement;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.StructLayout;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** A vCPU of the host's KVM, and the structure that it shares with us. */
@SuppressWarnings("restricted")
final class KvmVcpu implements AutoCloseable {
  private static final int EXIT_IO = 2;
  private static final int EXIT_HLT = 5;
  private static final int EXIT_MMIO = 6;
  private static final int EXIT_SHUTDOWN = 8;
  private static final int EXIT_FAIL_ENTRY = 9;
  private static final int EXIT_INTR = 10;
  private static final int EXIT_INTERNAL_ERROR = 17;
  private static final int EXIT_DIRTY_RING_FULL = 31;

  private static final int EMULATION_ERROR = 1;
  private static final int HAS_INSTRUCTION = 1;
  private static final int MOST_FACTS = 16;
  private static final long FACTS =
      KvmLayouts.INTERNAL.byteOffset(PathElement.groupElement("data"));

  /** Of an emulation error: flags, then the instruction's length and bytes. */
  private static final long INSTRUCTION_LENGTH = FACTS + Long.BYTES;

  private static final int MOST_INSTRUCTION_BYTES = 15;
  private static final byte MMIO_PATTERN = 0x5a;
  private static final int SIGNAL_SET_BYTES = 8;
  private static final int RUNNABLE = 0;

  private final SystemCalls calls;
  private final int file;
  private final MemorySegment run;
  private final MemorySegment exit;

  /** A vCPU with all of CPUID that the host can give. */
  KvmVcpu(SystemCalls calls, KvmDevice device, KvmVm vm, int index, MemorySegment cpuid) {
    this.calls = calls;
    file = calls.ioctl(vm.file(), KvmRequests.CREATE_VCPU, index);
    require("KVM_CREATE_VCPU", file);
    int bytes = device.runBytes();
    long address = calls.map(file, 0, bytes);
    if (address < 0) {
      calls.close(file);
      throw new KvmRefusalException("mmap of a vCPU: " + calls.words((int) address));
    }
    run = MemorySegment.ofAddress(address).reinterpret(bytes);
    exit = run.asSlice(KvmLayouts.RUN.byteSize());
    try (Arena arena = Arena.ofConfined()) {
      require("KVM_SET_CPUID2", calls.ioctl(file, KvmRequests.SET_CPUID2, cpuid));
      MemorySegment state = arena.allocate(KvmLayouts.MP_STATE);
      KvmLayouts.set(state, KvmLayouts.MP_STATE, "mp_state", RUNNABLE);
      // Only a VM with an interrupt controller has other states.
      calls.ioctl(file, KvmRequests.SET_MP_STATE, state);
    } catch (RuntimeException e) {
      close();
      throw e;
    }
  }

  int file() {
    return file;
  }

  /**
   * Says which signals wait until the guest has stopped.
   *
   * @param signals bit n is signal n + 1; the others make KVM_RUN return
   */
  void setBlockedSignals(long signals) {
    try (Arena arena = Arena.ofConfined()) {
      long header = KvmLayouts.SIGNAL_MASK_HEADER.byteSize();
      MemorySegment mask = arena.allocate(header + SIGNAL_SET_BYTES, Long.BYTES);
      KvmLayouts.set(mask, KvmLayouts.SIGNAL_MASK_HEADER, "len", SIGNAL_SET_BYTES);
      mask.set(ValueLayout.JAVA_LONG_UNALIGNED, header, signals);
      require("KVM_SET_SIGNAL_MASK", calls.ioctl(file, KvmRequests.SET_SIGNAL_MASK, mask));
    }
  }

  /**
   * Loads all registers.
   *
   * @throws KvmRefusalException if KVM does not take them, or others than these
   */
  void load(CpuState state) {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment system = arena.allocate(KvmLayouts.SREGS);
      require("KVM_GET_SREGS", calls.ioctl(file, KvmRequests.GET_SREGS, system));
      VcpuRegisters.putSystem(state, system);
      String wanted = VcpuRegisters.mode(system);
      int result = calls.ioctl(file, KvmRequests.SET_SREGS, system);
      if (result < 0) {
        throw new KvmRefusalException(
            "KVM_SET_SREGS: %s (%s)".formatted(calls.words(result), wanted));
      }
      require("KVM_GET_SREGS", calls.ioctl(file, KvmRequests.GET_SREGS, system));
      String taken = VcpuRegisters.mode(system);
      if (!taken.equals(wanted)) {
        throw new KvmRefusalException(
            "KVM_SET_SREGS: given %s, KVM has %s".formatted(wanted, taken));
      }
      MemorySegment general = arena.allocate(KvmLayouts.REGS);
      VcpuRegisters.putGeneral(state, general);
      require("KVM_SET_REGS", calls.ioctl(file, KvmRequests.SET_REGS, general));
    }
  }

  /** All registers, as KVM has them now. */
  CpuState state() {
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment system = arena.allocate(KvmLayouts.SREGS);
      require("KVM_GET_SREGS", calls.ioctl(file, KvmRequests.GET_SREGS, system));
      MemorySegment general = arena.allocate(KvmLayouts.REGS);
      require("KVM_GET_REGS", calls.ioctl(file, KvmRequests.GET_REGS, general));
      return VcpuRegisters.take(general, system);
    }
  }

  /**
   * Finishes the instruction that caused the last exit, and no more: an OUT that KVM completes only
   * when it is entered again has then been passed. (KVM API documentation, immediate_exit.)
   */
  void settle() {
    KvmLayouts.set(run, KvmLayouts.RUN, "immediate_exit", 1);
    calls.ioctl(file, KvmRequests.RUN, 0);
    KvmLayouts.set(run, KvmLayouts.RUN, "immediate_exit", 0);
  }

  /** Runs the guest until something happens that KVM does not do by itself. */
  KvmExit run() {
    int result = calls.ioctl(file, KvmRequests.RUN, 0);
    int reason = (int) get(run, KvmLayouts.RUN, "exit_reason");
    if (result == -SystemCalls.EINTR || result == -SystemCalls.EAGAIN) {
      return new KvmExit.Interrupted();
    }
    if (result < 0) {
      return new KvmExit.Failed(calls.words(result), reason);
    }
    return switch (reason) {
      case EXIT_IO -> io();
      case EXIT_MMIO -> mmio();
      case EXIT_HLT -> new KvmExit.Halt();
      case EXIT_SHUTDOWN -> new KvmExit.Shutdown();
      case EXIT_INTR -> new KvmExit.Interrupted();
      case EXIT_FAIL_ENTRY ->
          new KvmExit.FailedEntry(
              get(exit, KvmLayouts.FAIL_ENTRY, "hardware_entry_failure_reason"));
      case EXIT_INTERNAL_ERROR -> internalError();
      case EXIT_DIRTY_RING_FULL -> new KvmExit.RingFull();
      default -> new KvmExit.Unknown(reason);
    };
  }

  private KvmExit io() {
    StructLayout layout = KvmLayouts.IO;
    int port = (int) get(exit, layout, "port");
    long size = get(exit, layout, "size");
    MemorySegment item = run.asSlice(get(exit, layout, "data_offset"), size);
    if (get(exit, layout, "direction") == 0) {
      run.asSlice(get(exit, layout, "data_offset"), size * get(exit, layout, "count"))
          .fill((byte) 0);
      return new KvmExit.In(port);
    }
    return new KvmExit.Out(port, number(item, (int) size));
  }

  private KvmExit mmio() {
    long gpa = get(exit, KvmLayouts.MMIO, "phys_addr");
    int size = (int) get(exit, KvmLayouts.MMIO, "len");
    MemorySegment value = KvmLayouts.inner(exit, KvmLayouts.MMIO, "data");
    if (get(exit, KvmLayouts.MMIO, "is_write") != 0) {
      return new KvmExit.MmioWrite(gpa, size, number(value, size));
    }
    value.fill(MMIO_PATTERN);
    return new KvmExit.MmioRead(gpa, size);
  }

  private KvmExit internalError() {
    int suberror = (int) get(exit, KvmLayouts.INTERNAL, "suberror");
    int count = (int) Math.min(get(exit, KvmLayouts.INTERNAL, "ndata"), MOST_FACTS);
    List<Long> facts = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      facts.add(exit.get(ValueLayout.JAVA_LONG, FACTS + 8L * i));
    }
    byte[] instruction = {};
    if (suberror == EMULATION_ERROR && !facts.isEmpty() && (facts.get(0) & HAS_INSTRUCTION) != 0) {
      int length = exit.get(ValueLayout.JAVA_BYTE, INSTRUCTION_LENGTH) & 0xff;
      instruction =
          exit.asSlice(INSTRUCTION_LENGTH + 1, Math.min(length, MOST_INSTRUCTION_BYTES))
              .toArray(ValueLayout.JAVA_BYTE);
    }
    return new KvmExit.InternalError(suberror, facts, instruction);
  }

  private static long number(MemorySegment bytes, int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (bytes.get(ValueLayout.JAVA_BYTE, i) & 0xffL) << 8 * i;
    }
    return value;
  }

  private void require(String request, int result) {
    if (result < 0) {
      throw new KvmRefusalException(request + ": " + calls.words(result));
    }
  }

  @Override
  public void close() {
    calls.unmap(run.address(), run.byteSize());
    calls.close(file);
  }
}
