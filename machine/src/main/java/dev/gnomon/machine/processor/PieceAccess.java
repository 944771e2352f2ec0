package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * Accesses of 1 to 8 bytes at any address and with any privilege, made of aligned ones. A write
 * that crosses pages looks first whether both may be written; each is translated once.
 */
final class PieceAccess {
  private static final long PAGE_OFFSET = PhysicalMemory.FRAME_SIZE - 1;

  private final PhysicalMemory memory;
  private final GuestMode guestMode;
  private final Translator translator;
  private final SlowAccess slow;

  PieceAccess(PhysicalMemory memory, GuestMode guestMode, Translator translator, SlowAccess slow) {
    this.memory = memory;
    this.guestMode = guestMode;
    this.translator = translator;
    this.slow = slow;
  }

  long read(Privilege who, long gva, int size, AccessKind kind) {
    long value = 0;
    for (int done = 0; done < size; ) {
      int piece = piece(gva + done, size - done);
      long hpa = address(who, gva + done, kind);
      long part = hpa < 0 ? slow.emulateRead(piece) : load(hpa, piece);
      value |= part << 8 * done;
      done += piece;
    }
    return value;
  }

  void write(Privilege who, long gva, int size, long value) {
    if ((gva & PAGE_OFFSET) + size > PhysicalMemory.FRAME_SIZE) {
      checkWrite(who, gva, size);
    }
    long hpa = 0;
    int first = 0;
    for (int done = 0; done < size; ) {
      int piece = piece(gva + done, size - done);
      // Once a page: an emulated piece may change the very tables that translate the others.
      if (done == 0 || (gva + done & PAGE_OFFSET) == 0) {
        hpa = address(who, gva + done, AccessKind.WRITE);
        first = done;
      }
      if (hpa < 0) {
        slow.emulateWrite(done - first, piece, value >>> 8 * done);
      } else {
        store(hpa + done - first, piece, value >>> 8 * done);
      }
      done += piece;
    }
  }

  /**
   * Has the guest's handler called if some of the bytes, in one page or two, may not be written.
   */
  void checkWrite(Privilege who, long gva, int size) {
    address(who, gva, AccessKind.WRITE);
    if ((gva & PAGE_OFFSET) + size > PhysicalMemory.FRAME_SIZE) {
      address(who, (gva | PAGE_OFFSET) + 1, AccessKind.WRITE);
    }
  }

  /** The hpa for an access, or -1 if the VMM has to emulate it. */
  long address(Privilege who, long gva, AccessKind kind) {
    guestMode.poll();
    long hpa = Tlb.lookup(translator.firstLevel(who), gva, tag(kind));
    return hpa < 0 ? slow.translate(who, gva, kind) : hpa;
  }

  private static int tag(AccessKind kind) {
    return switch (kind) {
      case READ -> Tlb.READ;
      case WRITE -> Tlb.WRITE;
      case FETCH -> Tlb.FETCH;
    };
  }

  /** Loads an aligned word, zero-extended. */
  long load(long hpa, int size) {
    return switch (size) {
      case 1 -> memory.getByte(hpa) & 0xffL;
      case 2 -> memory.getShort(hpa) & 0xffffL;
      case 4 -> memory.getInt(hpa) & 0xffff_ffffL;
      default -> memory.getLong(hpa);
    };
  }

  /** Stores an aligned word. */
  void store(long hpa, int size, long value) {
    switch (size) {
      case 1 -> memory.setByte(hpa, (byte) value);
      case 2 -> memory.setShort(hpa, (short) value);
      case 4 -> memory.setInt(hpa, (int) value);
      default -> memory.setLong(hpa, value);
    }
  }

  /** The largest aligned power of two, at most 8, that fits. */
  private static int piece(long gva, int left) {
    long aligned = Long.lowestOneBit(gva | 8);
    return (int) Math.min(aligned, Integer.highestOneBit(left));
  }
}
