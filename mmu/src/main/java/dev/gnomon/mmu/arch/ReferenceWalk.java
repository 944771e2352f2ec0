package dev.gnomon.mmu.arch;

import java.util.ArrayList;
import java.util.List;

/**
 * The walk that the processor defines, in every paging mode, and nothing else: no caches, no second
 * dimension, nothing set on the way. What a faster walk finds must equal this. It is written from
 * the manual, entry by entry, and shares nothing with the walkers.
 *
 * <p>Source: Intel SDM vol. 3A, 4.3 to 4.7.
 */
public final class ReferenceWalk {

  /** Memory as a walk reads it. */
  @FunctionalInterface
  public interface Entries {

    /** The entry of 4 or 8 bytes at a physical address, zero-extended. */
    long read(long address, int bytes);
  }

  private final Entries entries;
  private final ControlRegisters registers;
  private final PagingFeatures features;
  private final long[] pdptes;

  /**
   * A walk over tables in memory.
   *
   * @param pdptes the four that were loaded with CR3; of no account without PAE paging
   */
  public ReferenceWalk(
      Entries entries, ControlRegisters registers, PagingFeatures features, long[] pdptes) {
    this.entries = entries;
    this.registers = registers;
    this.features = features;
    this.pdptes = pdptes.clone();
  }

  /** What becomes of an access. */
  public sealed interface Result {}

  /**
   * The access is allowed.
   *
   * @param address where it goes
   * @param bytes the size of the page
   * @param used the addresses of the entries that the walk has read, from the top; each has A set
   *     afterwards, and the last D after a write
   */
  public record Translated(long address, long bytes, List<Long> used) implements Result {}

  /**
   * The access faults.
   *
   * @param code a {@link FaultCode}
   */
  public record Fault(long code) implements Result {}

  private boolean cr0(int bit) {
    return (registers.cr0() >>> bit & 1) == 1;
  }

  private boolean cr4(int bit) {
    return (registers.cr4() >>> bit & 1) == 1;
  }

  private boolean efer(int bit) {
    return (registers.efer() >>> bit & 1) == 1;
  }

  private boolean isPae() {
    return cr4(5);
  }

  private boolean isLong() {
    return isPae() && efer(10);
  }

  private boolean isNoExecute() {
    return isPae() && efer(11);
  }

  /** Walks for an access. */
  public Result walk(long linear, AccessKind kind, Privilege who) {
    if (!cr0(31)) {
      return new Translated(linear, 4096, List.of());
    }
    if (!isPae()) {
      return walk32(linear, kind, who);
    }
    return isLong() ? walkLong(linear, kind, who) : walkPae(linear, kind, who);
  }

  // --- the walks ---

  private Result walk32(long linear, AccessKind kind, Privilege who) {
    List<Long> used = new ArrayList<>();
    long directoryAt = (registers.cr3() & 0xfffff000L) + (linear >> 22 & 0x3ff) * 4;
    long directory = read(directoryAt, 4, used);
    if (!isSet(directory, 0)) {
      return absent(kind, who);
    }
    Rights rights = Rights.ALL.with(directory, false);
    if (isSet(directory, 7) && cr4(4)) {
      long high = directory >> 13 & 0xf;
      long allowedHigh =
          !features.hasPse36() ? 0 : low(Math.min(4, features.physicalAddressBits() - 32));
      if ((directory >> 17 & 0x1f) != 0 || (high & ~allowedHigh) != 0) {
        return reserved(kind, who);
      }
      long page = high << 32 | directory & 0xffc00000L;
      return end(page | linear & 0x3fffff, 1 << 22, rights, kind, who, used);
    }
    long entry = read((directory & 0xfffff000L) + (linear >> 12 & 0x3ff) * 4, 4, used);
    if (!isSet(entry, 0)) {
      return absent(kind, who);
    }
    long address = entry & 0xfffff000L | linear & 0xfff;
    return end(address, 4096, rights.with(entry, false), kind, who, used);
  }

  private Result walkPae(long linear, AccessKind kind, Privilege who) {
    List<Long> used = new ArrayList<>();
    long pointer = pdptes[(int) (linear >> 30) & 3];
    if (!isSet(pointer, 0)) {
      return absent(kind, who);
    }
    long directory = read(table(pointer) + (linear >> 21 & 0x1ff) * 8, 8, used);
    if (!isSet(directory, 0)) {
      return absent(kind, who);
    }
    boolean isLarge = isSet(directory, 7);
    if (isReserved8(directory) || (isLarge && (directory & low(21) & -(1L << 13)) != 0)) {
      return reserved(kind, who);
    }
    Rights rights = Rights.ALL.with(directory, true);
    if (isLarge) {
      long address = table(directory) & -(1L << 21) | linear & low(21);
      return end(address, 1 << 21, rights, kind, who, used);
    }
    long entry = read(table(directory) + (linear >> 12 & 0x1ff) * 8, 8, used);
    if (!isSet(entry, 0)) {
      return absent(kind, who);
    }
    if (isReserved8(entry)) {
      return reserved(kind, who);
    }
    return end(table(entry) | linear & 0xfff, 4096, rights.with(entry, true), kind, who, used);
  }

  private Result walkLong(long linear, AccessKind kind, Privilege who) {
    int levels = cr4(12) ? 5 : 4;
    long upper = linear >> 9 * levels + 11;
    if (upper != 0 && upper != -1) {
      return absent(kind, who);
    }
    List<Long> used = new ArrayList<>();
    Rights rights = Rights.ALL;
    long table = table(registers.cr3());
    for (int level = levels; ; level--) {
      int shift = 12 + 9 * (level - 1);
      long entry = read(table + (linear >> shift & 0x1ff) * 8, 8, used);
      if (!isSet(entry, 0)) {
        return absent(kind, who);
      }
      boolean mayBeLarge = level == 2 || (level == 3 && features.hasGiantPages());
      boolean hasPageSize = level > 1 && isSet(entry, 7);
      boolean isMisplaced = hasPageSize && !mayBeLarge;
      boolean isMisaligned = hasPageSize && (entry & low(shift) & -(1L << 13)) != 0;
      if (isReserved8(entry) || isMisplaced || isMisaligned) {
        return reserved(kind, who);
      }
      rights = rights.with(entry, true);
      if (level == 1 || hasPageSize) {
        long page = table(entry) & -(1L << shift);
        return end(page | linear & low(shift), 1L << shift, rights, kind, who, used);
      }
      table = table(entry);
    }
  }

  private long read(long address, int bytes, List<Long> used) {
    used.add(address);
    return entries.read(address, bytes);
  }

  private static long table(long entry) {
    return entry & low(52) & ~low(12);
  }

  private static long low(int bits) {
    return (1L << bits) - 1;
  }

  private static boolean isSet(long entry, int bit) {
    return (entry >> bit & 1) == 1;
  }

  /**
   * What is reserved in every 8-byte entry: address bits, NX, and in PAE paging what is ignored.
   */
  private boolean isReserved8(long entry) {
    boolean isTooHigh = table(entry) >> features.physicalAddressBits() != 0;
    boolean isBadNoExecute = isSet(entry, 63) && !isNoExecute();
    boolean isBadUpper = !isLong() && (entry >> 52 & 0x7ff) != 0;
    return isTooHigh || isBadNoExecute || isBadUpper;
  }

  // --- what is allowed ---

  private record Rights(boolean isWritable, boolean isUser, boolean isNoExecute, int key) {
    static final Rights ALL = new Rights(true, true, false, 0);

    Rights with(long entry, boolean isWide) {
      return new Rights(
          isWritable && isSet(entry, 1),
          isUser && isSet(entry, 2),
          isNoExecute || (isWide && isSet(entry, 63)),
          isWide ? (int) (entry >> 59 & 15) : 0);
    }
  }

  private Result end(
      long address, long bytes, Rights rights, AccessKind kind, Privilege who, List<Long> used) {
    boolean isByKey = kind != AccessKind.FETCH && isRefusedByKey(rights, kind, who);
    boolean isAllowed =
        switch (who) {
          case USER -> isAllowedToUser(rights, kind);
          case SUPERVISOR -> isAllowedToSupervisor(rights, kind, cr4(21));
          case SUPERVISOR_AC -> isAllowedToSupervisor(rights, kind, false);
        };
    if (isAllowed && !isByKey) {
      return new Translated(address, bytes, List.copyOf(used));
    }
    return new Fault(absent(kind, who).code | 1 | (isByKey ? 1 << 5 : 0));
  }

  private static boolean isAllowedToUser(Rights rights, AccessKind kind) {
    return rights.isUser
        && switch (kind) {
          case READ -> true;
          case WRITE -> rights.isWritable;
          case FETCH -> !rights.isNoExecute;
        };
  }

  private boolean isAllowedToSupervisor(Rights rights, AccessKind kind, boolean isPrevented) {
    return switch (kind) {
      case READ -> !(rights.isUser && isPrevented);
      case WRITE -> !(rights.isUser && isPrevented) && (rights.isWritable || !cr0(16));
      case FETCH -> !rights.isNoExecute && !(rights.isUser && cr4(20));
    };
  }

  private boolean isRefusedByKey(Rights rights, AccessKind kind, Privilege who) {
    if (!cr4(22) || !isLong() || !rights.isUser) {
      return false;
    }
    boolean isAccessDisabled = (registers.pkru() >> 2 * rights.key & 1) == 1;
    boolean isWriteDisabled = (registers.pkru() >> 2 * rights.key + 1 & 1) == 1;
    boolean obeysWrite = who == Privilege.USER || cr0(16);
    return isAccessDisabled || (isWriteDisabled && kind == AccessKind.WRITE && obeysWrite);
  }

  // --- error codes ---

  private Fault absent(AccessKind kind, Privilege who) {
    boolean isFetchTold = kind == AccessKind.FETCH && (cr4(20) || isNoExecute());
    return new Fault(
        (kind == AccessKind.WRITE ? 1 << 1 : 0)
            | (who == Privilege.USER ? 1 << 2 : 0)
            | (isFetchTold ? 1 << 4 : 0));
  }

  private Fault reserved(AccessKind kind, Privilege who) {
    return new Fault(absent(kind, who).code | 1 | 1 << 3);
  }
}
