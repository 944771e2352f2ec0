package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.Locale;

/**
 * The machine's own processor. A program is copied into executable memory and run through a stub
 * that loads all general registers, the flags and the XMM registers, and stores them after.
 *
 * <p>Nothing catches a program that faults: the process dies. The generator sees to it that none
 * does.
 */
@SuppressWarnings("restricted")
public final class NativeProcessor implements AutoCloseable {
  private static final int PROT_READ_WRITE_EXECUTE = 7;

  /** Private, anonymous, exactly there, and not over anything that is there already. */
  private static final int MAP_FLAGS = 0x2 | 0x20 | 0x100000;

  private static final int LEAVE = 0x10;

  // Of the state page.
  private static final long RFLAGS = 128;
  private static final long MXCSR = 136;
  private static final long ENTRY = 144;
  private static final long EXIT = 152;
  private static final long XMM = 256;

  private static final int EXIT_BYTES = 17;

  /** Linux's selectors of flat code for user programs. */
  private static final long CS_64 = 0x33;

  static final long CS_32 = 0x23;

  private static final long PAGE = 4096;

  private final Arena arena;
  private final MemorySegment state;
  private final MemorySegment program;
  private final MemorySegment data;
  private final MethodHandle enter;

  private NativeProcessor(Arena arena) {
    this.arena = arena;
    MemorySegment all = MemorySegment.ofAddress(arena.base()).reinterpret(Arena.SIZE);
    state = all.asSlice(Arena.STATE, PAGE);
    program = all.asSlice(Arena.PROGRAM, PAGE);
    data = all.asSlice(Arena.DATA, Arena.DATA_BYTES);
    byte[] stub = stub();
    MemorySegment.copy(stub, 0, all, ValueLayout.JAVA_BYTE, 0, stub.length);
    enter = Linker.nativeLinker().downcallHandle(all, FunctionDescriptor.ofVoid());
  }

  /** Why this machine cannot run the oracle, in a few words; empty if it can. */
  public static String obstacle() {
    String arch = System.getProperty("os.arch", "").toLowerCase(Locale.ROOT);
    String system = System.getProperty("os.name", "").toLowerCase(Locale.ROOT);
    if (!arch.equals("amd64") && !arch.equals("x86_64")) {
      return "the machine is not an x86-64 but " + arch;
    }
    return system.contains("linux") ? "" : "the system is not Linux but " + system;
  }

  /**
   * Maps the memory and puts the stub there.
   *
   * @throws InputException if {@link #obstacle} says so, or the system gives no executable memory
   *     where it is needed
   */
  public static NativeProcessor open() {
    if (!obstacle().isEmpty()) {
      throw new InputException("native instructions cannot run: " + obstacle());
    }
    for (long base = Arena.FIRST_BASE; base <= Arena.LAST_BASE; base += Arena.BASE_STEP) {
      if (map(base) == base) {
        return new NativeProcessor(new Arena(base));
      }
    }
    throw new InputException(
        "native instructions cannot run: no executable memory below 2 GiB to be had");
  }

  /** Where its memory is. */
  Arena arena() {
    return arena;
  }

  private static byte[] stub() {
    try (InputStream in = NativeProcessor.class.getResourceAsStream("stub.hex")) {
      if (in == null) {
        throw new IllegalStateException("stub.hex is missing");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      return HexFormat.of().parseHex(text.replaceAll("\\s", ""));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Runs a program.
   *
   * @param code the program's bytes, for {@link Arena#program}
   * @param length how many of them
   * @param begin the offset of its first instruction
   * @param ends the offsets of the places, one or two, where it may end; {@link #EXIT_BYTES} from
   *     each on are written over
   * @param is64 whether it is 64-bit code; else 32-bit code, of whose state only what that sees is
   *     kept and changed
   * @param now the state before, and after
   */
  void run(byte[] code, int length, int begin, int[] ends, boolean is64, RegisterState now) {
    MemorySegment.copy(code, 0, program, ValueLayout.JAVA_BYTE, 0, length);
    for (int i = 0; i < ends.length; i++) {
      putExit(ends[i], i, is64);
    }
    for (int i = 0; i < now.gpr.length; i++) {
      putLong(8L * i, now.gpr[i]);
    }
    for (int i = 0; i < now.xmm.length; i++) {
      putLong(XMM + 8L * i, now.xmm[i]);
    }
    putLong(RFLAGS, now.rflags);
    putLong(MXCSR, now.mxcsr);
    putLong(ENTRY, arena.program() + begin | (is64 ? CS_64 : CS_32) << 32);
    MemorySegment.copy(now.data, 0, data, ValueLayout.JAVA_LONG, 0, now.data.length);
    try {
      enter.invokeExact();
    } catch (Throwable failure) {
      throw new IllegalStateException("the stub cannot be called", failure);
    }
    int registers = is64 ? now.gpr.length : 8;
    for (int i = 0; i < registers; i++) {
      now.gpr[i] = getLong(8L * i) & (is64 ? -1L : 0xffff_ffffL);
    }
    for (int i = 0; i < now.xmm.length; i++) {
      now.xmm[i] = getLong(XMM + 8L * i);
    }
    now.rflags = getLong(RFLAGS);
    now.mxcsr = (int) getLong(MXCSR);
    now.rip = arena.program() + ends[(int) getLong(EXIT)];
    MemorySegment.copy(data, ValueLayout.JAVA_LONG, 0, now.data, 0, now.data.length);
  }

  /** {@code movl $number, EXIT}, and a jump to {@code leave}: no register or flag changes. */
  private void putExit(int at, int number, boolean is64) {
    long address = arena.program() + at;
    long exit = arena.state() + EXIT;
    long leave = arena.base() + LEAVE;
    program.set(ValueLayout.JAVA_SHORT_UNALIGNED, at, (short) 0x05c7);
    program.set(
        ValueLayout.JAVA_INT_UNALIGNED, at + 2L, (int) (is64 ? exit - (address + 10) : exit));
    program.set(ValueLayout.JAVA_INT_UNALIGNED, at + 6L, number);
    program.set(ValueLayout.JAVA_BYTE, at + 10L, (byte) (is64 ? 0xe9 : 0xea));
    program.set(
        ValueLayout.JAVA_INT_UNALIGNED, at + 11L, (int) (is64 ? leave - (address + 15) : leave));
    program.set(ValueLayout.JAVA_SHORT_UNALIGNED, at + 15L, (short) CS_64);
  }

  private void putLong(long offset, long value) {
    state.set(ValueLayout.JAVA_LONG, offset, value);
  }

  private long getLong(long offset) {
    return state.get(ValueLayout.JAVA_LONG, offset);
  }

  /** Gives the memory back. */
  @Override
  public void close() {
    FunctionDescriptor type =
        FunctionDescriptor.of(ValueLayout.JAVA_INT, ValueLayout.JAVA_LONG, ValueLayout.JAVA_LONG);
    try {
      int unused = (int) function("munmap", type).invokeExact(arena.base(), Arena.SIZE);
    } catch (Throwable failure) {
      throw new IllegalStateException("munmap cannot be called", failure);
    }
  }

  /** Maps memory at an address; returns another, or an error, where it is not free. */
  private static long map(long base) {
    FunctionDescriptor type =
        FunctionDescriptor.of(
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG);
    try {
      return (long)
          function("mmap", type)
              .invokeExact(base, Arena.SIZE, PROT_READ_WRITE_EXECUTE, MAP_FLAGS, -1, 0L);
    } catch (Throwable failure) {
      throw new IllegalStateException("mmap cannot be called", failure);
    }
  }

  private static MethodHandle function(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker.downcallHandle(linker.defaultLookup().findOrThrow(name), type);
  }
}
