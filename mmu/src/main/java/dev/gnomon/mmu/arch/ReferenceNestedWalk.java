package dev.gnomon.mmu.arch;

import java.util.ArrayList;
import java.util.List;

/**
 * The walk of a guest hypervisor's nested tables that the processor defines, and nothing else: no
 * caches, nothing set on the way. What a shadow of those tables gives must equal this. It is
 * written from the manuals and shares nothing with the walkers.
 *
 * <p>Sources: AMD APM vol. 2, 15.25; Intel SDM vol. 3C, 29.3.
 */
public final class ReferenceNestedWalk {
  private static final int TABLE_BYTES = 8;

  private final ReferenceWalk.Entries entries;
  private final NestedTables tables;
  private final PagingFeatures features;
  private final boolean hasExecuteOnly;

  /**
   * A walk over tables in L1's memory.
   *
   * @param hasExecuteOnly EPT: whether a page may be executed that cannot be read
   */
  public ReferenceNestedWalk(
      ReferenceWalk.Entries entries,
      NestedTables tables,
      PagingFeatures features,
      boolean hasExecuteOnly) {
    this.entries = entries;
    this.tables = tables;
    this.features = features;
    this.hasExecuteOnly = hasExecuteOnly;
  }

  /** What becomes of an access. */
  public sealed interface Result {}

  /**
   * The access is allowed.
   *
   * @param address the gpa where it goes
   * @param used the gpas of the entries that the walk has read, from the top; where A and D are
   *     kept, each has A set afterwards, and the last D after a write
   */
  public record Translated(long address, List<Long> used) implements Result {}

  /**
   * The access is refused.
   *
   * @param isReserved whether an entry is one that must not be: with EPT, a misconfiguration
   * @param code NPT: the {@link FaultCode}, without bits 32 and 33
   * @param allowed EPT: what all entries that were read allow together, as in {@link EptEntry}
   */
  public record Refused(boolean isReserved, long code, int allowed) implements Result {}

  /** Walks for an access. */
  public Result walk(long ngpa, AccessKind kind) {
    return switch (tables) {
      case NestedTables.Npt npt -> walkNpt(npt, ngpa, kind);
      case NestedTables.Ept ept -> walkEpt(ept, ngpa, kind);
    };
  }

  // --- NPT: the walk of a user access under L1's paging ---

  private Result walkNpt(NestedTables.Npt npt, long ngpa, AccessKind kind) {
    ControlRegisters registers = npt.registers();
    int width =
        switch (registers.mode()) {
          case LEVEL_5 -> 57;
          case LEVEL_4 -> 48;
          default -> 32;
        };
    boolean isBeyond = ngpa >>> width != 0;
    // Its walk takes canonical addresses; an address that is absent for sure stands for others.
    long linear = width == 32 ? ngpa : ngpa << 64 - width >> 64 - width;
    ReferenceWalk walk = new ReferenceWalk(entries, registers, features, pdptes(registers));
    if (isBeyond) {
      long fetch = new Permissions(registers).codeNotPresent(Privilege.USER, kind);
      return new Refused(false, fetch, 0);
    }
    return switch (walk.walk(linear, kind, Privilege.USER)) {
      case ReferenceWalk.Translated found -> new Translated(found.address(), found.used());
      case ReferenceWalk.Fault fault ->
          new Refused((fault.code() & FaultCode.RESERVED) != 0, fault.code(), 0);
    };
  }

  /** Under nested paging they are read in each walk; one that is wrong counts as not present. */
  private long[] pdptes(ControlRegisters registers) {
    long[] pdptes = new long[4];
    if (registers.mode() == PagingMode.PAE) {
      for (int i = 0; i < pdptes.length; i++) {
        long pdpte = entries.read((registers.cr3() & 0xffff_ffe0L) + 8L * i, 8);
        long reserved = 0x1e6 | -1L << features.physicalAddressBits();
        pdptes[i] = (pdpte & reserved) == 0 ? pdpte : 0;
      }
    }
    return pdptes;
  }

  // --- EPT ---

  private Result walkEpt(NestedTables.Ept ept, long ngpa, AccessKind kind) {
    int levels = (int) (ept.eptp() >> 3 & 7) + 1;
    if (ngpa >>> 12 + 9 * levels != 0) {
      return new Refused(false, 0, 0);
    }
    List<Long> used = new ArrayList<>();
    long table = ept.eptp() & low(52) & ~low(12);
    int allowed = 7;
    for (int level = levels; ; level--) {
      int shift = 12 + 9 * (level - 1);
      long at = table + (ngpa >> shift & 0x1ff) * TABLE_BYTES;
      used.add(at);
      long entry = entries.read(at, TABLE_BYTES);
      allowed &= (int) entry & 7;
      if ((entry & 7) == 0) {
        return new Refused(false, 0, 0);
      }
      boolean isLarge = level > 1 && (entry >> 7 & 1) == 1;
      if (isMisconfigured(entry, level, isLarge)) {
        return new Refused(true, 0, 0);
      }
      if (level == 1 || isLarge) {
        int needed = kind == AccessKind.READ ? 1 : kind == AccessKind.WRITE ? 2 : 4;
        if ((allowed & needed) == 0) {
          return new Refused(false, 0, allowed);
        }
        long page = entry & low(52) & -(1L << shift);
        return new Translated(page | ngpa & low(shift), used);
      }
      table = entry & low(52) & ~low(12);
    }
  }

  private boolean isMisconfigured(long entry, int level, boolean isLarge) {
    int rights = (int) entry & 7;
    if (rights == 2 || rights == 6 || (rights == 4 && !hasExecuteOnly)) {
      return true;
    }
    if ((entry & low(52)) >> features.physicalAddressBits() != 0) {
      return true;
    }
    if (isLarge && (level > 3 || (level == 3 && !features.hasGiantPages()))) {
      return true;
    }
    if (level > 1 && !isLarge) {
      return (entry >> 3 & 15) != 0;
    }
    int type = (int) (entry >> 3) & 7;
    boolean isMisaligned = isLarge && (entry & low(12 + 9 * (level - 1)) & ~low(12)) != 0;
    return type == 2 || type == 3 || type == 7 || isMisaligned;
  }

  private static long low(int bits) {
    return (1L << bits) - 1;
  }
}
