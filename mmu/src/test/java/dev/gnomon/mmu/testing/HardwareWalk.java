package dev.gnomon.mmu.testing;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.dirty.PmlBuffer;
import dev.gnomon.mmu.platform.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * The processor's walk of EPT or NPT tables, written from the manuals alone: it shares no code with
 * the MMU. Sources: Intel SDM vol. 3C, 29.3; AMD APM vol. 2, 5.3 and 15.25.
 */
final class HardwareWalk {
  private static final long READ = 1;
  private static final long WRITE = 2;
  private static final long EPT_EXECUTE = 4;
  private static final long LARGE = 1L << 7;
  private static final long NO_EXECUTE = 1L << 63;
  private static final long ADDRESS = (1L << 52) - (1L << 12);

  private final PhysicalMemory memory;
  private final boolean isEpt;
  private final boolean hasAccessedDirty;
  private final boolean hasExecuteOnly;
  private final int physicalAddressBits;
  private final int levels;

  /** A translation as a TLB keeps it. */
  record Translation(
      long pageHpa,
      int level,
      boolean isReadable,
      boolean isWritable,
      boolean isExecutable,
      boolean isDirty,
      long lowestTable) {

    /** Whether it serves an access without a look at the tables. */
    boolean serves(AccessKind kind) {
      return switch (kind) {
        case READ -> isReadable;
        case WRITE -> isWritable && isDirty;
        case FETCH -> isExecutable;
      };
    }

    /** The host-physical address of a guest-physical one in its page. */
    long hpa(long gpa) {
      return pageHpa | gpa & (1L << 12 + 9 * (level - 1)) - 1;
    }
  }

  /** Why there is no translation: the bits of the error code that the walk knows. */
  private long fault;

  /** Whether the walk stopped because a write must be logged and the log is full. */
  private boolean isLogFull;

  HardwareWalk(PhysicalMemory memory, MmuConfig config) {
    this.memory = memory;
    isEpt = config.tdp() == TdpKind.EPT;
    hasAccessedDirty = config.accessedDirty();
    hasExecuteOnly = config.executeOnly();
    physicalAddressBits = config.physicalAddressBits();
    levels = config.levels();
  }

  long fault() {
    return fault;
  }

  boolean isLogFull() {
    return isLogFull;
  }

  /** Walks from the root; null if it faults or the log is full. */
  @Nullable Translation walk(long rootHpa, long gpa, AccessKind kind, @Nullable PmlBuffer pml) {
    return walkFrom(rootHpa, levels, gpa, kind, pml);
  }

  /** Walks from a table that a paging-structure cache remembers. */
  @Nullable Translation walkFrom(
      long tableHpa, int fromLevel, long gpa, AccessKind kind, @Nullable PmlBuffer pml) {
    fault = 0;
    isLogFull = false;
    boolean mayWrite = true;
    boolean mayExecute = true;
    long table = tableHpa;
    for (int level = fromLevel; ; level--) {
      int shift = 12 + 9 * (level - 1);
      long at = table + 8 * (gpa >>> shift & 511);
      long entry = memory.getLong(at);
      if (!isPresent(entry)) {
        return null;
      }
      if (isMisconfigured(entry, level)) {
        fault = FaultCode.PRESENT | FaultCode.RESERVED;
        return null;
      }
      mayWrite &= (entry & WRITE) != 0;
      mayExecute &= isEpt ? (entry & EPT_EXECUTE) != 0 : (entry & NO_EXECUTE) == 0;
      boolean isLeaf = level == 1 || (entry & LARGE) != 0;
      boolean mayRead = (entry & READ) != 0;
      boolean isAllowed =
          switch (kind) {
            case READ -> mayRead;
            case WRITE -> mayWrite;
            case FETCH -> mayExecute;
          };
      if (!isAllowed) {
        fault = FaultCode.PRESENT;
        return null;
      }
      if (!isLeaf) {
        setBits(at, entry, accessedBit());
        table = entry & ADDRESS;
        continue;
      }
      boolean setsDirty = kind == AccessKind.WRITE && (entry & dirtyBit()) != dirtyBit();
      if (setsDirty && pml != null) {
        if (pml.isFull()) {
          isLogFull = true;
          return null;
        }
        pml.log(gpa);
      }
      setBits(at, entry, accessedBit() | (setsDirty ? dirtyBit() : 0));
      return new Translation(
          entry & ADDRESS & -(1L << shift),
          level,
          mayRead,
          mayWrite,
          mayExecute,
          setsDirty || (entry & dirtyBit()) == dirtyBit(),
          table);
    }
  }

  private boolean isPresent(long entry) {
    return isEpt ? (entry & (READ | WRITE | EPT_EXECUTE)) != 0 : (entry & READ) != 0;
  }

  private boolean isMisconfigured(long entry, int level) {
    boolean isLarge = level > 1 && (entry & LARGE) != 0;
    long reserved = ADDRESS & -(1L << physicalAddressBits);
    if (isLarge && level > 3) {
      return true;
    }
    if (isLarge) {
      reserved |= (1L << 12 + 9 * (level - 1)) - (isEpt ? 1L << 12 : 1L << 13);
    }
    if (isEpt) {
      boolean isWriteOnly = (entry & WRITE) != 0 && (entry & READ) == 0;
      boolean isExecuteOnly = (entry & READ) == 0 && !hasExecuteOnly;
      long type = entry >>> 3 & 7;
      boolean isBadType = (level == 1 || isLarge) && (type == 2 || type == 3 || type == 7);
      if (level > 1 && !isLarge) {
        reserved |= 0x78;
      }
      return isWriteOnly || isExecuteOnly || isBadType || (entry & reserved) != 0;
    }
    return (entry & reserved) != 0;
  }

  private long accessedBit() {
    return !hasAccessedDirty ? 0 : isEpt ? 1L << 8 : 1L << 5;
  }

  private long dirtyBit() {
    return !hasAccessedDirty ? 0 : isEpt ? 1L << 9 : 1L << 6;
  }

  private void setBits(long at, long entry, long bits) {
    if ((entry & bits) != bits) {
      memory.getAndOrLong(at, bits);
    }
  }
}
