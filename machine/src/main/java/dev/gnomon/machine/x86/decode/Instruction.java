package dev.gnomon.machine.x86.decode;

import java.util.List;

/**
 * A decoded instruction.
 *
 * @param rip of its first byte
 * @param length in bytes
 * @param mnemonic what it does
 * @param operands destination first, as in Intel's syntax; implied ones that the table names
 *     included
 * @param codeSize 2, 4 or 8: of 16-, 32- or 64-bit code
 * @param operandSize 2, 4 or 8 bytes: the effective one
 * @param addressSize 2, 4 or 8 bytes: the effective one
 * @param isLocked LOCK prefix, on an instruction and a destination that allow it
 * @param repeat the repeat prefix, where it is not part of the opcode
 * @param segmentOverride 0 to 5, or -1: for instructions whose memory operands are implied
 * @param opcode the last byte of the opcode: the condition of Jcc, SETcc and CMOVcc is in its low
 *     four bits
 * @param endsBlock whether what comes next is known only when it has been executed
 */
public record Instruction(
    long rip,
    int length,
    Mnemonic mnemonic,
    List<Operand> operands,
    int codeSize,
    int operandSize,
    int addressSize,
    boolean isLocked,
    Repeat repeat,
    int segmentOverride,
    int opcode,
    boolean endsBlock) {

  /** Its n-th operand, from 0. */
  public Operand operand(int n) {
    return operands.get(n);
  }

  /** The address of what follows it, not cut to the code's size. */
  public long nextRip() {
    return rip + length;
  }

  /** Whether it is 64-bit code. */
  public boolean is64Bit() {
    return codeSize == 8;
  }
}
