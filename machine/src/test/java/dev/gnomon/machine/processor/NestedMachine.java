package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.EptEntry;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.arch.ReferenceNestedWalk;
import dev.gnomon.mmu.arch.ReferenceWalk;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * What the manuals say of an access of L2's: the walk of L2's tables, each step of which is a walk
 * of L1's nested tables. Notes which entries must have A and D set afterwards.
 */
final class NestedMachine {
  private static final long BEYOND = ProcessorRig.MEMORY;

  /** How an access ends. */
  sealed interface End {}

  /** At a gpa. */
  record Reached(long gpa) implements End {}

  /** In a page fault of L2's. */
  record Faulted(long code) implements End {}

  /** In a violation for L1. */
  record Violated(NestedViolation violation) implements End {}

  /** What L1 refuses, on its way out of L2's walk. */
  private static final class Refusal extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final transient NestedViolation violation;

    Refusal(NestedViolation violation) {
      super(null, null, false, false);
      this.violation = violation;
    }
  }

  private final ProcessorRig rig;
  private final @Nullable NestedTables tables;
  private final PagingFeatures features;
  private final boolean hasExecuteOnly;

  /** What an entry of L2's is where there is no memory: ones, or not present. */
  private final long noMemory;

  /** By gpa: bits that must be set there when the access is over. */
  final Map<Long, Long> required = new HashMap<>();

  /** By gpa, what was there when a walk read it. */
  final Map<Long, Long> seen = new HashMap<>();

  private long gva;

  NestedMachine(
      ProcessorRig rig, @Nullable NestedTables tables, PagingFeatures features, MmuConfig config) {
    this.rig = rig;
    this.tables = tables;
    this.features = features;
    this.hasExecuteOnly = config.executeOnly();
    noMemory = config.mmu() == MmuKind.SHADOW ? 0 : -1;
  }

  /** How an access ends. */
  End access(ControlRegisters l2, long[] pdptes, long address, AccessKind kind, Privilege who) {
    required.clear();
    seen.clear();
    gva = address;
    Map<Long, Long> places = new HashMap<>();
    ReferenceWalk walk =
        new ReferenceWalk(
            (ngpa, bytes) -> {
              AccessKind tableKind = writesTables() ? AccessKind.WRITE : AccessKind.READ;
              long gpa = nested(ngpa, tableKind, FaultCode.GUEST_PAGE);
              places.put(ngpa, gpa);
              return readSeen(gpa, bytes, noMemory);
            },
            l2,
            features,
            pdptes);
    try {
      ReferenceWalk.Result result = walk.walk(address, kind, who);
      if (result instanceof ReferenceWalk.Fault fault) {
        return new Faulted(fault.code());
      }
      ReferenceWalk.Translated found = (ReferenceWalk.Translated) result;
      List<Long> used = found.used();
      for (int i = 0; i < used.size(); i++) {
        long ngpa = used.get(i);
        boolean isLast = i == used.size() - 1;
        long bits =
            GuestEntry.ACCESSED | (isLast && kind == AccessKind.WRITE ? GuestEntry.DIRTY : 0);
        long gpa = places.get(ngpa);
        if ((readSeen(gpa, l2.mode().entryBytes(), noMemory) & bits) != bits) {
          nested(ngpa, AccessKind.WRITE, FaultCode.GUEST_PAGE);
          require(gpa, bits);
        }
      }
      return new Reached(nested(found.address(), kind, FaultCode.GUEST_FINAL));
    } catch (Refusal refusal) {
      return new Violated(refusal.violation);
    }
  }

  private boolean writesTables() {
    return switch (tables) {
      case null -> false;
      case NestedTables.Npt npt -> true;
      case NestedTables.Ept ept -> ept.hasAccessedDirty();
    };
  }

  private long nested(long ngpa, AccessKind kind, long where) {
    if (tables == null) {
      return ngpa;
    }
    ReferenceNestedWalk walk =
        new ReferenceNestedWalk(
            (gpa, bytes) -> readSeen(gpa, bytes, 0), tables, features, hasExecuteOnly);
    switch (walk.walk(ngpa, kind)) {
      case ReferenceNestedWalk.Refused refused ->
          throw new Refusal(violation(refused, ngpa, kind, where));
      case ReferenceNestedWalk.Translated found -> {
        for (long gpa : found.used()) {
          boolean isDirty = kind == AccessKind.WRITE && gpa == found.used().getLast();
          require(gpa, accessed() | (isDirty ? dirty() : 0));
        }
        return found.address();
      }
    }
  }

  private long accessed() {
    return switch (tables) {
      case null -> 0;
      case NestedTables.Npt npt -> GuestEntry.ACCESSED;
      case NestedTables.Ept ept -> ept.hasAccessedDirty() ? EptEntry.ACCESSED : 0;
    };
  }

  private long dirty() {
    return switch (tables) {
      case null -> 0;
      case NestedTables.Npt npt -> GuestEntry.DIRTY;
      case NestedTables.Ept ept -> ept.hasAccessedDirty() ? EptEntry.DIRTY : 0;
    };
  }

  private void require(long gpa, long bits) {
    if (gpa < BEYOND) {
      required.merge(gpa, bits, (one, other) -> one | other);
    }
  }

  private NestedViolation violation(
      ReferenceNestedWalk.Refused refused, long ngpa, AccessKind kind, long where) {
    if (tables instanceof NestedTables.Npt) {
      return new NestedViolation(
          NestedViolation.Kind.NESTED_PAGE_FAULT, ngpa, refused.code() | where, gva);
    }
    if (refused.isReserved()) {
      return new NestedViolation(NestedViolation.Kind.EPT_MISCONFIGURATION, ngpa, 0, gva);
    }
    boolean isTable = where == FaultCode.GUEST_PAGE;
    int access = kind == AccessKind.READ ? 1 : kind == AccessKind.WRITE ? 2 : 4;
    if (isTable && accessed() != 0) {
      access = 3;
    }
    long qualification = access | (long) refused.allowed() << 3 | 1 << 7 | (isTable ? 0 : 1 << 8);
    return new NestedViolation(NestedViolation.Kind.EPT_VIOLATION, ngpa, qualification, gva);
  }

  private long readSeen(long gpa, int bytes, long beyond) {
    if (gpa >= BEYOND || gpa < 0) {
      return beyond >>> Long.SIZE - 8 * bytes;
    }
    long value = read(gpa, bytes);
    seen.putIfAbsent(gpa, value);
    return value;
  }

  /** What is there now. */
  long read(long gpa, int bytes) {
    long word = rig.word(gpa & -8L);
    return bytes == 8 ? word : word >>> 8 * (gpa & 4) & 0xffff_ffffL;
  }

  /** The size of the entries of L1's tables. */
  static int entryBytes(NestedTables tables) {
    return tables.mode() == PagingMode.BITS_32 ? 4 : 8;
  }

  /** L1's NPT of a format. */
  static NestedTables npt(PagingMode mode, long top, boolean isNoExecute) {
    long cr4 =
        switch (mode) {
          case BITS_32 -> ControlBits.CR4_PSE;
          case LEVEL_5 -> ControlBits.CR4_PAE | ControlBits.CR4_LA57;
          default -> ControlBits.CR4_PAE;
        };
    long efer =
        (mode.isLong() ? ControlBits.EFER_LMA | ControlBits.EFER_LME : 0)
            | (isNoExecute ? ControlBits.EFER_NXE : 0);
    return new NestedTables.Npt(top, cr4, efer);
  }
}
