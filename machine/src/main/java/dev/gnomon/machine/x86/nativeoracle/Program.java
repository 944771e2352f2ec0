package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.x86.Flags;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/** A generated program and the state that it begins in. */
final class Program {
  /** Where a branch of the program goes that does not go forwards. */
  static final int EARLY_END = 0;

  /** Where one goes that does. */
  static final int LATE_END = 128;

  static final int BEGIN = 32;

  /** The flags that are compared where nothing leaves them undefined. */
  private static final long FLAGS = Flags.ARITHMETIC | Flags.DF;

  final Arena arena;
  final RegisterState before = new RegisterState();

  /** At {@link Arena#PROGRAM}. */
  final byte[] code = new byte[160];

  /** Whether it is 64-bit code; else 32-bit code. */
  boolean is64 = true;

  final List<Encoding> encodings = new ArrayList<>();
  int end = BEGIN;

  /** Where the branch goes, if there is one: {@link #EARLY_END} or {@link #LATE_END}. */
  int target = LATE_END;

  long comparedFlags = FLAGS;

  void clear() {
    encodings.clear();
    end = BEGIN;
    comparedFlags = FLAGS;
  }

  /** An empty program in an arena. */
  Program(Arena arena) {
    this.arena = arena;
  }

  Program copy() {
    Program copy = new Program(arena);
    copy.before.set(before);
    System.arraycopy(code, 0, copy.code, 0, code.length);
    copy.encodings.addAll(encodings);
    copy.is64 = is64;
    copy.end = end;
    copy.target = target;
    copy.comparedFlags = comparedFlags;
    return copy;
  }

  void put(int value) {
    code[end++] = (byte) value;
  }

  void put(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      put((int) (value >>> 8 * i));
    }
  }

  /** The address of the next byte. */
  long here() {
    return arena.program() + end;
  }

  /** Of a near address, 8 or 4 bytes. */
  int pointerSize() {
    return is64 ? 8 : 4;
  }

  long targetAddress() {
    return arena.program() + target;
  }

  /** Where it may end. */
  int[] ends() {
    return new int[] {end, target};
  }

  /** Reads data that the program will find; within the data. */
  long read(long address, int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      int at = (int) (address - arena.data()) + i;
      value |= (before.data[at >> 3] >>> 8 * (at & 7) & 0xff) << 8 * i;
    }
    return value;
  }

  /** Puts data for the program to find. */
  void write(long address, int size, long value) {
    for (int i = 0; i < size; i++) {
      int at = (int) (address - arena.data()) + i;
      int shift = 8 * (at & 7);
      before.data[at >> 3] =
          before.data[at >> 3] & ~(0xffL << shift) | (value >>> 8 * i & 0xff) << shift;
    }
  }

  /** Its bytes, as far as they are instructions. */
  String bytes() {
    return HexFormat.ofDelimiter(" ").formatHex(code, BEGIN, end);
  }
}
