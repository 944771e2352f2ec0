package dev.gnomon.machine.x86.decode;

/** What an instruction works on. */
public sealed interface Operand {

  /** How many bytes of it are used; 0 if it is only an address. */
  int size();

  /** A register. */
  record Register(RegisterFile file, int number, int size) implements Operand {}

  /**
   * Memory at {@code base + index << scale + displacement}, cut to the address size, in a segment.
   *
   * @param segment the one that counts, an override included: 0 to 5 for ES, CS, SS, DS, FS, GS
   * @param base a general register, or {@link #NONE}
   * @param index a general register, or {@link #NONE}
   * @param scale 0 to 3
   * @param displacement sign-extended; of a RIP-relative operand the address itself
   * @param size of the access in bytes
   */
  record Memory(int segment, int base, int index, int scale, long displacement, int size)
      implements Operand {
    /** No register: the general register 16, which holds 0. */
    public static final int NONE = 16;
  }

  /** A constant, sign-extended to 64 bits where the instruction extends it. */
  record Immediate(long value, int size) implements Operand {}

  /** Where a relative branch goes: the new RIP, cut to the operand size. */
  record Target(long rip, int size) implements Operand {}

  /** The operand of a far jump or call: {@code size} is that of the offset. */
  record FarPointer(int selector, long offset, int size) implements Operand {}
}
