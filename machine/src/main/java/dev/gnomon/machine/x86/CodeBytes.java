package dev.gnomon.machine.x86;

import java.util.Arrays;

/** The bytes of code somewhere, for the user. */
final class CodeBytes {
  private static final int MOST = 15;

  private CodeBytes() {}

  /**
   * As many as an instruction can have, from an offset in the code segment; fewer where the rest
   * cannot be fetched. In the guest.
   */
  static byte[] at(X86Cpu cpu, long rip) {
    CpuState state = cpu.state();
    byte[] bytes = new byte[MOST];
    long base = cpu.codeSize() == 8 ? 0 : state.segments[CpuState.CS].base();
    for (int i = 0; i < MOST; i++) {
      long hpa;
      try {
        hpa = cpu.vcpu().executable(DescriptorTables.wrap(state, base + rip + i));
      } catch (GuestException e) {
        return Arrays.copyOf(bytes, i);
      }
      if (hpa < 0) {
        return Arrays.copyOf(bytes, i);
      }
      bytes[i] = cpu.memory().getByte(hpa);
    }
    return bytes;
  }
}
