package dev.gnomon.machine.x86.nativeoracle;

import java.util.Arrays;

/** The registers and the data of a case, before it or after it. Plain; used by one CPU. */
final class RegisterState {
  /** General registers in the order of their encoding. */
  final long[] gpr = new long[16];

  /** XMM i: [2i] is the low half, [2i+1] the high one. */
  final long[] xmm = new long[32];

  /** The data, {@link Arena#DATA_BYTES} of it. */
  final long[] data = new long[Arena.DATA_BYTES / 8];

  long rflags;
  int mxcsr;

  /** Where the program began or ended. */
  long rip;

  RegisterState copy() {
    RegisterState copy = new RegisterState();
    copy.set(this);
    return copy;
  }

  void set(RegisterState other) {
    System.arraycopy(other.gpr, 0, gpr, 0, gpr.length);
    System.arraycopy(other.xmm, 0, xmm, 0, xmm.length);
    System.arraycopy(other.data, 0, data, 0, data.length);
    rflags = other.rflags;
    mxcsr = other.mxcsr;
    rip = other.rip;
  }

  /**
   * Whether the two are the same.
   *
   * @param comparedFlags the bits of RFLAGS that count
   */
  boolean equals(RegisterState other, long comparedFlags) {
    return ((rflags ^ other.rflags) & comparedFlags) == 0
        && rip == other.rip
        && mxcsr == other.mxcsr
        && Arrays.equals(gpr, other.gpr)
        && Arrays.equals(xmm, other.xmm)
        && Arrays.equals(data, other.data);
  }
}
