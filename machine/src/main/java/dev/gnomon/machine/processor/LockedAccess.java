package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * The locked instructions of a vCPU, on 1, 2, 4 or 8 bytes at any address. Each returns what the
 * word held, zero-extended.
 *
 * <p>Within 8 aligned bytes an update is one atomic operation of memory. Beyond that all other
 * vCPUs are stopped for its moment. Where the VMM emulates memory it is a read, then a write. Every
 * one is checked as a write, also a compare-and-exchange that does not store: Intel SDM vol. 3A,
 * 8.1.2, and vol. 2, CMPXCHG.
 */
public final class LockedAccess {
  private final Vcpu vcpu;
  private final PhysicalMemory memory;
  private final GuestMode guestMode;
  private final PieceAccess pieces;
  private final SlowAccess slow;

  LockedAccess(
      Vcpu vcpu, PhysicalMemory memory, GuestMode guestMode, PieceAccess pieces, SlowAccess slow) {
    this.vcpu = vcpu;
    this.memory = memory;
    this.guestMode = guestMode;
    this.pieces = pieces;
    this.slow = slow;
  }

  /** LOCK XADD, LOCK ADD, LOCK SUB, LOCK INC, LOCK DEC. */
  public long fetchAndAdd(long gva, int size, long delta) {
    return update(vcpu.privilege(), gva, size, LockedOperation.ADD, delta, 0);
  }

  /** LOCK AND, LOCK BTR. */
  public long fetchAndAnd(long gva, int size, long mask) {
    return update(vcpu.privilege(), gva, size, LockedOperation.AND, mask, 0);
  }

  /** LOCK OR, LOCK BTS. */
  public long fetchAndOr(long gva, int size, long mask) {
    return update(vcpu.privilege(), gva, size, LockedOperation.OR, mask, 0);
  }

  /** LOCK XOR, LOCK BTC, LOCK NOT. */
  public long fetchAndXor(long gva, int size, long mask) {
    return update(vcpu.privilege(), gva, size, LockedOperation.XOR, mask, 0);
  }

  /** XCHG. */
  public long exchange(long gva, int size, long value) {
    return update(vcpu.privilege(), gva, size, LockedOperation.EXCHANGE, value, 0);
  }

  /** LOCK CMPXCHG; stores {@code value} if the word holds {@code expected}. */
  public long compareAndExchange(long gva, int size, long expected, long value) {
    long wanted = expected & mask(size);
    return update(vcpu.privilege(), gva, size, LockedOperation.COMPARE, value, wanted);
  }

  /** The processor sets bits by itself: in a descriptor, say. */
  public long fetchAndOrSystem(long gva, int size, long mask) {
    return update(Privilege.SUPERVISOR, gva, size, LockedOperation.OR, mask, 0);
  }

  /** The processor clears bits by itself. */
  public long fetchAndAndSystem(long gva, int size, long mask) {
    return update(Privilege.SUPERVISOR, gva, size, LockedOperation.AND, mask, 0);
  }

  private static long mask(int size) {
    return -1L >>> Long.SIZE - 8 * size;
  }

  private long update(
      Privilege who, long gva, int size, LockedOperation operation, long operand, long expected) {
    if ((gva & 7) + size > 8) {
      return updateAlone(who, gva, size, operation, operand, expected);
    }
    long hpa = pieces.address(who, gva, AccessKind.WRITE);
    if (hpa < 0) {
      return slow.emulateUpdate(size, operation, operand, expected);
    }
    if ((hpa & size - 1) == 0) {
      if (size == 8) {
        return updateLong(hpa, operation, operand, expected);
      }
      if (size == 4) {
        return updateInt(hpa, operation, (int) operand, (int) expected) & 0xffff_ffffL;
      }
    }
    return updatePart(hpa, size, operation, operand, expected);
  }

  private long updateLong(long hpa, LockedOperation operation, long operand, long expected) {
    switch (operation) {
      case ADD -> {
        return memory.getAndAddLong(hpa, operand);
      }
      case AND -> {
        return memory.getAndAndLong(hpa, operand);
      }
      case OR -> {
        return memory.getAndOrLong(hpa, operand);
      }
      case EXCHANGE -> {
        return memory.getAndSetLong(hpa, operand);
      }
      case COMPARE -> {
        return memory.compareAndExchangeLong(hpa, expected, operand);
      }
      case XOR -> {
        long old = memory.getLong(hpa);
        long seen;
        while ((seen = memory.compareAndExchangeLong(hpa, old, old ^ operand)) != old) {
          old = seen;
        }
        return old;
      }
      default -> throw new IllegalArgumentException(operation.name());
    }
  }

  private int updateInt(long hpa, LockedOperation operation, int operand, int expected) {
    switch (operation) {
      case ADD -> {
        return memory.getAndAddInt(hpa, operand);
      }
      case AND -> {
        return memory.getAndAndInt(hpa, operand);
      }
      case OR -> {
        return memory.getAndOrInt(hpa, operand);
      }
      case EXCHANGE -> {
        return memory.getAndSetInt(hpa, operand);
      }
      case COMPARE -> {
        return memory.compareAndExchangeInt(hpa, expected, operand);
      }
      case XOR -> {
        int old = memory.getInt(hpa);
        int seen;
        while ((seen = memory.compareAndExchangeInt(hpa, old, old ^ operand)) != old) {
          old = seen;
        }
        return old;
      }
      default -> throw new IllegalArgumentException(operation.name());
    }
  }

  /** Changes part of an aligned word of 8 bytes, by exchanging the whole. */
  private long updatePart(
      long hpa, int size, LockedOperation operation, long operand, long expected) {
    long word = hpa & -8L;
    int shift = (int) (hpa - word) * 8;
    long partMask = mask(size);
    long whole = memory.getLong(word);
    while (true) {
      long old = whole >>> shift & partMask;
      long value = operation.apply(old, operand, expected) & partMask;
      long changed = whole & ~(partMask << shift) | value << shift;
      long seen = memory.compareAndExchangeLong(word, whole, changed);
      if (seen == whole) {
        return old;
      }
      whole = seen;
    }
  }

  /** Changes a word that no atomic operation covers, while no other vCPU runs. */
  private long updateAlone(
      Privilege who, long gva, int size, LockedOperation operation, long operand, long expected) {
    // Most faults come here, before anyone is stopped.
    pieces.checkWrite(who, gva, size);
    guestMode.beginExclusion();
    try {
      pieces.checkWrite(who, gva, size);
      long old = pieces.read(who, gva, size, AccessKind.READ);
      pieces.write(who, gva, size, operation.apply(old, operand, expected));
      return old;
    } finally {
      guestMode.endExclusion();
    }
  }
}
