package dev.gnomon.machine.x86;

import java.util.StringJoiner;

/** The bytes at RIP, for the user. */
final class CodeBytes {
  private static final int MOST = 15;

  private CodeBytes() {}

  /**
   * As many as an instruction can have, in hexadecimal; fewer where the rest cannot be fetched. In
   * the guest.
   */
  static String of(X86Cpu cpu) {
    CpuState state = cpu.state();
    StringJoiner text = new StringJoiner(" ");
    long base = cpu.codeSize() == 8 ? 0 : state.segments[CpuState.CS].base();
    for (int i = 0; i < MOST; i++) {
      long hpa;
      try {
        hpa = cpu.vcpu().executable(DescriptorTables.wrap(state, base + state.rip + i));
      } catch (GuestException e) {
        break;
      }
      if (hpa < 0) {
        break;
      }
      text.add("%02x".formatted(cpu.memory().getByte(hpa) & 0xff));
    }
    return text.toString();
  }
}
