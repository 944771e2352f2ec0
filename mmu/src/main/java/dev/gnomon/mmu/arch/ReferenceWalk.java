package dev.gnomon.mmu.arch;

import java.util.function.LongUnaryOperator;

/**
 * The walk that the processor defines, 4-level and 5-level paging with NX, and nothing else: no
 * caches, no second dimension, nothing set on the way. What a faster walk finds must equal this.
 *
 * <p>CR0.WP is set; SMEP, SMAP and protection keys are off.
 *
 * <p>Source: Intel SDM vol. 3A, 4.5 to 4.7.
 */
public final class ReferenceWalk {
  private final LongUnaryOperator entries;
  private final int levels;
  private final int physicalAddressBits;

  /**
   * A walk over tables in memory.
   *
   * @param entries loads the 64-bit entry at a physical address
   * @param levels 4 or 5
   * @param physicalAddressBits MAXPHYADDR
   */
  public ReferenceWalk(LongUnaryOperator entries, int levels, int physicalAddressBits) {
    this.entries = entries;
    this.levels = levels;
    this.physicalAddressBits = physicalAddressBits;
  }

  /** What becomes of an access. */
  public sealed interface Result {}

  /**
   * The access is allowed.
   *
   * @param address where it goes
   * @param level of the page: 1 (4 KiB), 2 (2 MiB) or 3 (1 GiB)
   * @param used how many entries the walk has read, each of which has A set afterwards
   */
  public record Translated(long address, int level, int used) implements Result {}

  /**
   * The access faults.
   *
   * @param code a {@link FaultCode}
   */
  public record Fault(long code) implements Result {}

  /**
   * Walks for an access.
   *
   * @param root the address of the top table
   */
  public Result walk(long root, long linear, AccessKind kind, boolean isUser) {
    long access = FaultCode.of(kind) | (isUser ? FaultCode.USER : 0);
    long table = root;
    boolean allWritable = true;
    boolean allUser = true;
    boolean anyNoExecute = false;
    for (int used = 1; isCanonical(linear); used++) {
      int level = levels + 1 - used;
      long entry = entries.applyAsLong(table + index(linear, level) * 8);
      if ((entry & 1) == 0) {
        break;
      }
      if (hasReservedBit(entry, level)) {
        return new Fault(access | FaultCode.PRESENT | FaultCode.RESERVED);
      }
      allWritable &= (entry & 2) != 0;
      allUser &= (entry & 4) != 0;
      anyNoExecute |= entry < 0;
      if (level == 1 || isLarge(entry)) {
        boolean isRefused =
            (isUser && !allUser)
                || (kind == AccessKind.WRITE && !allWritable)
                || (kind == AccessKind.FETCH && anyNoExecute);
        long size = bytes(level);
        return isRefused
            ? new Fault(access | FaultCode.PRESENT)
            : new Translated(address(entry) & -size | linear & size - 1, level, used);
      }
      table = address(entry);
    }
    return new Fault(access);
  }

  private boolean isCanonical(long linear) {
    long upper = linear >> 12 + 9 * levels - 1;
    return upper == 0 || upper == -1;
  }

  private boolean hasReservedBit(long entry, int level) {
    boolean isTooHigh = address(entry) >>> physicalAddressBits != 0;
    boolean isMisplaced = isLarge(entry) && level > 3;
    // Of the bits that are the offset within a large page, 12 is an attribute.
    boolean isMisaligned =
        isLarge(entry) && (level == 2 || level == 3) && address(entry) % bytes(level) >>> 13 != 0;
    return isTooHigh || isMisplaced || isMisaligned;
  }

  private static boolean isLarge(long entry) {
    return (entry >>> 7 & 1) != 0;
  }

  private static long address(long entry) {
    return (entry << 12 >>> 24) << 12;
  }

  private static long index(long linear, int level) {
    return linear >>> 12 + 9 * (level - 1) & 511;
  }

  private static long bytes(int level) {
    return 4096L << 9 * (level - 1);
  }
}
