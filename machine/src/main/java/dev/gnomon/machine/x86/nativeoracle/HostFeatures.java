package dev.gnomon.machine.x86.nativeoracle;

import static dev.gnomon.machine.x86.decode.Mnemonic.*;

import dev.gnomon.machine.x86.Flags;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.EnumMap;
import java.util.Map;

/** What the machine's own processor has, by its CPUID (Intel SDM volume 2A, "CPUID"). */
final class HostFeatures {
  /** A bit of what a leaf returns in a register. */
  private record Bit(int leaf, int register, int bit) {}

  private static final int EBX = 3;
  private static final int ECX = 1;

  private static final Map<Mnemonic, Bit> NEEDED = new EnumMap<>(Mnemonic.class);

  static {
    need(new Bit(1, ECX, 20), CRC32);
    need(new Bit(1, ECX, 22), MOVBE);
    need(new Bit(1, ECX, 23), POPCNT);
    need(new Bit(7, EBX, 3), ANDN, BEXTR, BLSI, BLSMSK, BLSR, TZCNT);
    need(new Bit(7, EBX, 8), BZHI, MULX, PDEP, PEXT, RORX, SARX, SHLX, SHRX);
    need(new Bit(7, EBX, 23), CLFLUSHOPT);
    need(new Bit(7, EBX, 24), CLWB);
    need(new Bit(0x8000_0001, ECX, 0), LAHF, SAHF);
    need(new Bit(0x8000_0001, ECX, 5), LZCNT);
  }

  private static final int[] CPUID = {0x0f, 0xa2};

  /** {@code lar %ecx, %eax}. */
  private static final int[] LAR = {0x0f, 0x02, 0xc1};

  /** Present, DPL 3, code, D and not L; of the second half of a descriptor, from bit 8 on. */
  private static final long FLAT_CODE = 0x40f8;

  private static final long FLAT_CODE_MASK = 0x60f8;

  private final NativeProcessor processor;

  HostFeatures(NativeProcessor processor) {
    this.processor = processor;
  }

  private static void need(Bit bit, Mnemonic... mnemonics) {
    for (Mnemonic mnemonic : mnemonics) {
      NEEDED.put(mnemonic, bit);
    }
  }

  /** Whether the processor has an instruction; every x86-64 has those that are not in the table. */
  boolean has(Mnemonic mnemonic) {
    Bit bit = NEEDED.get(mnemonic);
    return bit == null || has(bit);
  }

  /** Whether CMPXCHG8B may be of 16 bytes. */
  boolean hasCmpxchg16b() {
    return has(new Bit(1, ECX, 13));
  }

  private boolean has(Bit bit) {
    return (cpuid(bit.leaf & 0x8000_0000, 0) & 0xffff_ffffL) >= (bit.leaf & 0xffff_ffffL)
        && (cpuid(bit.leaf, bit.register) >>> bit.bit & 1) != 0;
  }

  /** Whether user programs may be of 32-bit code: Linux's segment for it is there. */
  boolean has32BitCode() {
    RegisterState state = new RegisterState();
    state.gpr[ECX] = NativeProcessor.CS_32;
    run(state, LAR);
    long attributes = state.gpr[0] >>> 8;
    return (state.rflags & Flags.ZF) != 0 && (attributes & FLAT_CODE_MASK) == FLAT_CODE;
  }

  private long cpuid(int leaf, int register) {
    RegisterState state = new RegisterState();
    state.gpr[0] = leaf;
    run(state, CPUID);
    return state.gpr[register];
  }

  private void run(RegisterState state, int[] instruction) {
    state.rflags = 2;
    state.mxcsr = 0x1f80;
    byte[] code = new byte[32];
    for (int i = 0; i < instruction.length; i++) {
      code[i] = (byte) instruction[i];
    }
    processor.run(code, code.length, 0, new int[] {instruction.length}, true, state);
  }
}
