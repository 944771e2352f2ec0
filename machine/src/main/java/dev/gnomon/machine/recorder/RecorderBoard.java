package dev.gnomon.machine.recorder;

import dev.gnomon.machine.x86.Board;
import dev.gnomon.machine.x86.X86Cpu;

/**
 * What surrounds the vCPUs of the recorder's machine: a few ports, by which a guest prints, asks
 * for host operations, and takes turns; and MMIO that reads as 5a in every byte.
 *
 * <pre>
 *  10  prints a character        13  prints eax
 *  11  a host operation          14  ends the vCPU
 *  12  yields
 * </pre>
 */
final class RecorderBoard implements Board {
  private static final int PRINT_CHARACTER = 0x10;
  private static final int HOST_OPERATION = 0x11;
  private static final int YIELD = 0x12;
  private static final int PRINT_VALUE = 0x13;
  private static final int END = 0x14;
  private static final long MMIO_PATTERN = 0x5a5a_5a5a_5a5a_5a5aL;

  private final Output output;
  private final HostOperations hostOperations;
  private final boolean[] hasEnded;

  RecorderBoard(int vcpus, Output output, HostOperations hostOperations) {
    this.output = output;
    this.hostOperations = hostOperations;
    hasEnded = new boolean[vcpus];
  }

  /** Whether a vCPU runs no more. */
  boolean hasEnded(int vcpu) {
    return hasEnded[vcpu];
  }

  /** A vCPU runs no more. */
  void end(int vcpu) {
    hasEnded[vcpu] = true;
  }

  @Override
  public long in(X86Cpu cpu, int port, int size) {
    return 0;
  }

  @Override
  public void out(X86Cpu cpu, int port, int size, long value) {
    int vcpu = cpu.index();
    switch (port) {
      case PRINT_CHARACTER -> output.character((char) (value & 0xff));
      case HOST_OPERATION -> {
        if (!hostOperations.perform(cpu, (int) value)) {
          end(vcpu);
          cpu.stop();
        }
      }
      case YIELD -> {
        output.mark("yield from " + vcpu);
        cpu.stop();
      }
      case PRINT_VALUE -> output.line("VCPU %d val %x".formatted(vcpu, value));
      case END -> {
        end(vcpu);
        cpu.stop();
      }
      default -> output.line("VCPU %d io port %x val %x".formatted(vcpu, port, value));
    }
  }

  @Override
  public long mmioRead(X86Cpu cpu, long gpa, int size) {
    output.line("MMIO vcpu %d gpa %x len %d read 0".formatted(cpu.index(), gpa, size));
    return MMIO_PATTERN >>> Long.SIZE - 8 * size;
  }

  @Override
  public void mmioWrite(X86Cpu cpu, long gpa, int size, long value) {
    output.line("MMIO vcpu %d gpa %x len %d write %x".formatted(cpu.index(), gpa, size, value));
  }

  /** Nothing interrupts a vCPU. */
  @Override
  public int nextInterrupt(X86Cpu cpu) {
    return -1;
  }

  @Override
  public boolean halt(X86Cpu cpu) {
    return false;
  }

  @Override
  public long readMsr(X86Cpu cpu, int msr) {
    return 0;
  }

  @Override
  public void writeMsr(X86Cpu cpu, int msr, long value) {
    // Without an effect on what is compared.
  }

  @Override
  public long timestampCounter(X86Cpu cpu) {
    return cpu.instructions();
  }
}
