package dev.gnomon.machine.x86;

import dev.gnomon.machine.processor.LockedAccess;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * Guest memory by linear address, of any alignment, put together from accesses that the port knows.
 *
 * <p>An aligned access is one access to memory. Another within a page is made of aligned ones; one
 * that crosses pages has both translated before a byte is written. A translation is good until the
 * vCPU leaves the guest, which the translation of the other page may have made it do: then both are
 * made again. No request is looked for here: between two looks, which the run loop takes, the vCPU
 * stays in guest mode but for faults.
 *
 * <p>A store that may lie in the block which is being executed ends the block after its
 * instruction. That is told by linear address, as Intel's processors do for what they have
 * prefetched (Intel SDM vol. 3A, 9.1.3): whoever changes code through another address must execute
 * a serializing instruction, and those end a block.
 */
final class LinearMemory {
  private static final int PAGE = PhysicalMemory.FRAME_SIZE;
  private static final int LONGEST_INSTRUCTION = 15;

  private final X86Cpu cpu;
  private final Vcpu vcpu;
  private final PhysicalMemory memory;
  private final LockedAccess locked;

  /** Where the running block begins, less the longest write that could reach into it. */
  private long codeStart;

  private long codeLength;

  LinearMemory(X86Cpu cpu, Vcpu vcpu, PhysicalMemory memory) {
    this.cpu = cpu;
    this.vcpu = vcpu;
    this.memory = memory;
    locked = vcpu.locked();
  }

  /** The bytes of the running block. */
  void setCode(long linear, int length) {
    codeStart = linear - LONGEST_INSTRUCTION;
    codeLength = length + LONGEST_INSTRUCTION;
  }

  private void willWrite(long linear) {
    if (linear - codeStart >= 0 && linear - codeStart < codeLength) {
      cpu.endBlock();
    }
  }

  /** The rest of a page will be written, perhaps, without {@link #write}. */
  void willWritePage(long linear) {
    long last = linear | PAGE - 1;
    if (last - codeStart >= 0 && (linear & -PAGE) - codeStart < codeLength) {
      cpu.endBlock();
    }
  }

  long read(long linear, int size) {
    if ((linear & size - 1) != 0) {
      return readUnaligned(linear, size);
    }
    long hpa = vcpu.readable(linear);
    return hpa < 0 ? emulateRead(size) : get(hpa, size);
  }

  long readForUpdate(long linear, int size) {
    if (vcpu.updatesReadFirst()) {
      return read(linear, size);
    }
    if (crosses(linear, size)) {
      prepareWrite(linear, size);
      return read(linear, size);
    }
    long hpa = vcpu.writable(linear);
    // What the VMM emulates is read by itself: it may be memory of which writes must be seen.
    return hpa < 0 ? read(linear, size) : getAny(hpa, size);
  }

  void write(long linear, int size, long value) {
    willWrite(linear);
    if ((linear & size - 1) != 0) {
      writeUnaligned(linear, size, value);
      return;
    }
    long hpa = vcpu.writable(linear);
    if (hpa < 0) {
      emulateWrite(size, value);
    } else {
      set(hpa, size, value);
    }
  }

  /** Makes sure that a write of up to a page's size would not fault now. */
  void prepareWrite(long linear, int size) {
    vcpu.writable(linear);
    if (crosses(linear, size)) {
      vcpu.writable(cpu.wrap((linear | PAGE - 1) + 1));
    }
  }

  private static boolean crosses(long linear, int size) {
    return (linear & PAGE - 1) + size > PAGE;
  }

  private long readUnaligned(long linear, int size) {
    cpu.checkAlignment();
    if (!crosses(linear, size)) {
      long hpa = vcpu.readable(linear);
      return hpa < 0 ? emulateRead(size) : getAny(hpa, size);
    }
    int first = (int) (PAGE - (linear & PAGE - 1));
    long second = cpu.wrap(linear + first);
    while (true) {
      long exits = vcpu.exits();
      long low = vcpu.readable(linear);
      boolean isEmulated = low < 0;
      long value = isEmulated ? emulateRead(first) : getAny(low, first);
      long high = vcpu.readable(second);
      isEmulated |= high < 0;
      long rest = high < 0 ? emulateRead(size - first) : getAny(high, size - first);
      if (isEmulated || exits == vcpu.exits()) {
        return value | rest << 8 * first;
      }
    }
  }

  private void writeUnaligned(long linear, int size, long value) {
    cpu.checkAlignment();
    if (!crosses(linear, size)) {
      long hpa = vcpu.writable(linear);
      if (hpa < 0) {
        emulateWrite(size, value);
      } else {
        setAny(hpa, size, value);
      }
      return;
    }
    int first = (int) (PAGE - (linear & PAGE - 1));
    long second = cpu.wrap(linear + first);
    while (true) {
      long exits = vcpu.exits();
      long low = vcpu.writable(linear);
      long high = vcpu.writable(second);
      if (low < 0 || high < 0) {
        writePiece(linear, first, value);
        writePiece(second, size - first, value >>> 8 * first);
        return;
      }
      if (exits == vcpu.exits()) {
        setAny(low, first, value);
        setAny(high, size - first, value >>> 8 * first);
        return;
      }
    }
  }

  private void writePiece(long linear, int size, long value) {
    long hpa = vcpu.writable(linear);
    if (hpa < 0) {
      emulateWrite(size, value);
    } else {
      setAny(hpa, size, value);
    }
  }

  long compareAndExchange(long linear, int size, long expected, long value) {
    willWrite(linear);
    if ((linear & size - 1) != 0) {
      cpu.checkAlignment();
    }
    return locked.compareAndExchange(linear, size, expected, value);
  }

  // --- what is no memory ---

  /** A device may change code then, as it may after IN and OUT: the block ends. */
  private long emulateRead(int size) {
    cpu.endBlock();
    return vcpu.emulateRead(size);
  }

  private void emulateWrite(int size, long value) {
    cpu.endBlock();
    vcpu.emulateWrite(size, value);
  }

  // --- physical memory ---

  private long get(long hpa, int size) {
    return switch (size) {
      case 1 -> memory.getByte(hpa) & 0xffL;
      case 2 -> memory.getShort(hpa) & 0xffffL;
      case 4 -> memory.getInt(hpa) & 0xffff_ffffL;
      default -> memory.getLong(hpa);
    };
  }

  private void set(long hpa, int size, long value) {
    switch (size) {
      case 1 -> memory.setByte(hpa, (byte) value);
      case 2 -> memory.setShort(hpa, (short) value);
      case 4 -> memory.setInt(hpa, (int) value);
      default -> memory.setLong(hpa, value);
    }
  }

  /** Reads 1 to 8 bytes within a frame, through the aligned words that they lie in. */
  private long getAny(long hpa, int size) {
    int offset = (int) hpa & 7;
    long word = memory.getLong(hpa - offset) >>> 8 * offset;
    if (offset + size > 8) {
      word |= memory.getLong(hpa - offset + 8) << 64 - 8 * offset;
    }
    return size == 8 ? word : word & (1L << 8 * size) - 1;
  }

  /** Writes 1 to 8 bytes within a frame, in aligned pieces. */
  private void setAny(long hpa, int size, long value) {
    for (int done = 0; done < size; ) {
      long at = hpa + done;
      int aligned = (int) Long.lowestOneBit(at | 8);
      int piece = Math.min(aligned, Integer.highestOneBit(size - done));
      set(at, piece, value >>> 8 * done);
      done += piece;
    }
  }
}
