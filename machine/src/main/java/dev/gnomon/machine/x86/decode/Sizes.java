package dev.gnomon.machine.x86.decode;

/**
 * The sizes that hold for an instruction, in bytes.
 *
 * @param operand the operand size
 * @param address the address size
 * @param wide 8 with REX.W or VEX.W, else 4
 * @param code 2, 4 or 8: that of the code
 */
record Sizes(int operand, int address, int wide, int code) {

  /** The size of registers that are as wide as the mode. */
  int mode() {
    return code == 8 ? 8 : 4;
  }

  /** What the table's notation means here. */
  int of(OperandForm.Width width) {
    return switch (width) {
      case NONE -> 0;
      case B -> 1;
      case W -> 2;
      case D -> 4;
      case Q -> 8;
      case X -> 16;
      case V, BYTE_EXTENDED -> operand;
      case Z -> Math.min(operand, 4);
      case Y -> wide;
      case TWICE_Y -> 2 * wide;
      case MODE -> mode();
      case POINTER -> operand + 2;
      case TABLE -> code == 8 ? 10 : 6;
    };
  }
}
