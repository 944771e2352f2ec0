package dev.gnomon.machine.x86;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * REP MOVS and REP STOS upwards, as much at a time as lies in one page of either operand: what a
 * library's memcpy and memset are made of. The pages are translated once; then words of 8 bytes are
 * moved where that cannot be told from moving element by element.
 *
 * <p>Each method does nothing and returns 0 where it does not pay or an element needs more care:
 * downwards, at the end of a page or a segment. Of memory that the VMM emulates it does one
 * element.
 */
final class StringBlocks {
  private static final int PAGE = PhysicalMemory.FRAME_SIZE;

  private StringBlocks() {}

  /** Moves elements, and rSI and rDI; returns how many. */
  static long move(X86Cpu cpu, StringElement element, long most) {
    CpuState state = cpu.state();
    int count = fitting(state, element, most, element.sourceSegment, CpuState.RSI);
    count = fitting(state, element, count, CpuState.ES, CpuState.RDI);
    if (count < 2) {
      return 0;
    }
    Vcpu vcpu = cpu.vcpu();
    long from = linear(cpu, element, element.sourceSegment, CpuState.RSI, false);
    long to = linear(cpu, element, CpuState.ES, CpuState.RDI, true);
    count = Math.min(count, Math.min(inPage(from), inPage(to)) / element.size);
    if (count < 2) {
      return 0;
    }
    PhysicalMemory memory = cpu.memory();
    long fromHpa = vcpu.readable(from);
    if (fromHpa < 0) {
      cpu.writeLinear(to, element.size, vcpu.emulateRead(element.size));
      return moved(state, element, 1);
    }
    long first = read(memory, fromHpa, element.size);
    long exits = vcpu.exits();
    long toHpa = cpu.writableBlock(to);
    if (toHpa < 0) {
      vcpu.emulateWrite(element.size, first);
      return moved(state, element, 1);
    }
    if (vcpu.exits() != exits) {
      // The way to the second translation may have cost the first.
      return 0;
    }
    if (element.size > 1 && isTight(fromHpa, toHpa)) {
      return 0;
    }
    copy(memory, fromHpa, toHpa, count * element.size);
    return moved(state, element, count);
  }

  private static int moved(CpuState state, StringElement element, int count) {
    element.advance(state, CpuState.RSI, count);
    element.advance(state, CpuState.RDI, count);
    return count;
  }

  private static long read(PhysicalMemory memory, long hpa, int size) {
    long value = 0;
    for (int i = 0; i < size; i++) {
      value |= (memory.getByte(hpa + i) & 0xffL) << 8 * i;
    }
    return value;
  }

  /** Stores rAX, and moves rDI; returns how many elements. */
  static long store(X86Cpu cpu, StringElement element, long most) {
    CpuState state = cpu.state();
    int count = fitting(state, element, most, CpuState.ES, CpuState.RDI);
    if (count < 2) {
      return 0;
    }
    long to = linear(cpu, element, CpuState.ES, CpuState.RDI, true);
    count = Math.min(count, inPage(to) / element.size);
    if (count < 2) {
      return 0;
    }
    long toHpa = cpu.writableBlock(to);
    if (toHpa < 0) {
      cpu.vcpu().emulateWrite(element.size, state.gpr[CpuState.RAX]);
      count = 1;
    } else {
      fill(cpu.memory(), toHpa, count * element.size, element.size, state.gpr[CpuState.RAX]);
    }
    element.advance(state, CpuState.RDI, count);
    return count;
  }

  /** How many elements, no more than a page of bytes, the address size and the limit allow. */
  private static int fitting(
      CpuState state, StringElement element, long most, int segment, int register) {
    boolean isDebugged = (state.systemFlags() & Flags.TF | state.dr[7] & 0xff) != 0;
    if (isDebugged || (state.systemFlags() & Flags.DF) != 0) {
      return 0;
    }
    long elements = PAGE / element.size;
    long count = Long.compareUnsigned(most, elements) >= 0 ? elements : most;
    if (element.addressSize == 8) {
      return (int) count;
    }
    long offset = state.read(register, element.addressSize);
    long end = element.addressSize == 2 ? 0x1_0000L : 0x1_0000_0000L;
    count = Math.min(count, (end - offset) / element.size);
    return state.is64Bit() || allows(state, segment, register, offset, (int) count * element.size)
        ? (int) count
        : 0;
  }

  private static boolean allows(CpuState state, int segment, int register, long offset, int bytes) {
    Segment in = state.segments[segment];
    return register == CpuState.RDI ? in.allowsWrite(offset, bytes) : in.allowsRead(offset, bytes);
  }

  private static long linear(
      X86Cpu cpu, StringElement element, int segment, int register, boolean isWrite) {
    long offset = cpu.state().read(register, element.addressSize);
    return cpu.linear(segment, offset, element.size, isWrite);
  }

  private static int inPage(long linear) {
    return PAGE - (int) (linear & PAGE - 1);
  }

  /** Whether the destination is less than a word above its source, so that elements matter. */
  private static boolean isTight(long from, long to) {
    return to > from && to - from < Long.BYTES;
  }

  /**
   * Copies upwards, within a page each: where the ranges overlap, what is read was written by an
   * earlier step. By words unless they overlap tightly, then by bytes.
   */
  private static void copy(PhysicalMemory memory, long from, long to, int bytes) {
    int done = 0;
    if (!isTight(from, to)) {
      while (done < bytes && (to + done & 7) != 0) {
        memory.setByte(to + done, memory.getByte(from + done));
        done++;
      }
      int shift = 8 * (int) (from + done & 7);
      for (; done + Long.BYTES <= bytes; done += Long.BYTES) {
        long at = from + done & -8;
        long word = memory.getLong(at) >>> shift;
        if (shift != 0) {
          word |= memory.getLong(at + 8) << 64 - shift;
        }
        memory.setLong(to + done, word);
      }
    }
    for (; done < bytes; done++) {
      memory.setByte(to + done, memory.getByte(from + done));
    }
  }

  private static void fill(PhysicalMemory memory, long to, int bytes, int size, long value) {
    long pattern =
        switch (size) {
          case 1 -> (value & 0xff) * 0x0101_0101_0101_0101L;
          case 2 -> (value & 0xffff) * 0x0001_0001_0001_0001L;
          case 4 -> (value & 0xffff_ffffL) * 0x0000_0001_0000_0001L;
          default -> value;
        };
    int done = 0;
    for (; done < bytes && (to + done & 7) != 0; done++) {
      memory.setByte(to + done, (byte) pattern);
      pattern = Long.rotateRight(pattern, 8);
    }
    for (; done + Long.BYTES <= bytes; done += Long.BYTES) {
      memory.setLong(to + done, pattern);
    }
    for (; done < bytes; done++) {
      memory.setByte(to + done, (byte) pattern);
      pattern = Long.rotateRight(pattern, 8);
    }
  }
}
