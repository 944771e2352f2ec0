package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.EptEntry;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.arch.ReferenceNestedWalk;
import dev.gnomon.mmu.arch.ReferenceWalk;
import java.util.HashMap;
import java.util.LinkedHashSet;
import java.util.Map;
import java.util.Set;

/**
 * What the manuals say of an access of L2's by the tables as they are: the walk of L2's tables, of
 * which each step is a walk of L1's nested tables. Notes which entries were read, and which must
 * have A and D set afterwards. Nothing is cached, and nothing is set.
 *
 * <p>Sources: AMD APM vol. 2, 15.25; Intel SDM vol. 3C, 29.3.
 */
final class TwoDimensionalWalk {

  /** How an access ends. */
  sealed interface End {}

  /** At a gpa. */
  record Reached(long gpa) implements End {}

  /** In a page fault of L2's. */
  record Faulted(long code) implements End {}

  /** In a violation, for L1. */
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

  private final FuzzVm vm;
  private final Mirror mirror;
  private final NestedTables tables;
  private final PagingFeatures features;
  private final boolean hasExecuteOnly;

  /** By gpa of an entry: what must be set there. */
  private final Map<Long, Long> marks = new HashMap<>();

  private final Set<Long> l2Entries = new LinkedHashSet<>();
  private final Set<Long> nestedEntries = new LinkedHashSet<>();
  private long gva;

  TwoDimensionalWalk(
      FuzzVm vm,
      Mirror mirror,
      NestedTables tables,
      PagingFeatures features,
      boolean hasExecuteOnly) {
    this.vm = vm;
    this.mirror = mirror;
    this.tables = tables;
    this.features = features;
    this.hasExecuteOnly = hasExecuteOnly;
  }

  /** Of the last walk: by gpa of an entry, what must be set there. */
  Map<Long, Long> marks() {
    return marks;
  }

  /** The gpas of L2's entries that were read. */
  Set<Long> l2Entries() {
    return l2Entries;
  }

  /** The gpas of L1's entries that were read. */
  Set<Long> nestedEntries() {
    return nestedEntries;
  }

  /** How an access ends. L2 does not page by PAE. */
  End access(ControlRegisters l2, long address, AccessKind kind, Privilege who) {
    marks.clear();
    l2Entries.clear();
    nestedEntries.clear();
    gva = address;
    Map<Long, Long> places = new HashMap<>();
    ReferenceWalk walk =
        new ReferenceWalk(
            (ngpa, bytes) -> {
              AccessKind tableKind = writesTables() ? AccessKind.WRITE : AccessKind.READ;
              long gpa = nested(ngpa, tableKind, FaultCode.GUEST_PAGE);
              places.put(ngpa, gpa);
              l2Entries.add(gpa);
              return value(gpa, bytes, -1);
            },
            l2,
            features,
            new long[4]);
    try {
      return switch (walk.walk(address, kind, who)) {
        case ReferenceWalk.Fault fault -> new Faulted(fault.code());
        case ReferenceWalk.Translated found -> {
          mark(found, l2, kind, places);
          yield new Reached(nested(found.address(), kind, FaultCode.GUEST_FINAL));
        }
      };
    } catch (Refusal refusal) {
      return new Violated(refusal.violation);
    }
  }

  /** A and D of L2's entries: setting them is a write. */
  private void mark(
      ReferenceWalk.Translated found,
      ControlRegisters l2,
      AccessKind kind,
      Map<Long, Long> places) {
    for (long ngpa : found.used()) {
      boolean isLast = ngpa == found.used().getLast();
      long bits = GuestEntry.ACCESSED | (isLast && kind == AccessKind.WRITE ? GuestEntry.DIRTY : 0);
      long gpa = places.get(ngpa);
      if ((value(gpa, l2.mode().entryBytes(), -1) & bits) != bits) {
        nested(ngpa, AccessKind.WRITE, FaultCode.GUEST_PAGE);
        mark(gpa, bits);
      }
    }
  }

  private boolean writesTables() {
    return switch (tables) {
      case NestedTables.Npt npt -> true;
      case NestedTables.Ept ept -> ept.hasAccessedDirty();
    };
  }

  private long nested(long ngpa, AccessKind kind, long where) {
    ReferenceNestedWalk walk =
        new ReferenceNestedWalk(
            (gpa, bytes) -> {
              nestedEntries.add(gpa);
              return value(gpa, bytes, 0);
            },
            tables,
            features,
            hasExecuteOnly);
    return switch (walk.walk(ngpa, kind)) {
      case ReferenceNestedWalk.Refused refused ->
          throw new Refusal(violation(refused, ngpa, kind, where));
      case ReferenceNestedWalk.Translated found -> {
        for (long gpa : found.used()) {
          boolean isDirty = kind == AccessKind.WRITE && gpa == found.used().getLast();
          mark(gpa, accessed() | (isDirty ? dirty() : 0));
        }
        yield found.address();
      }
    };
  }

  private long accessed() {
    return switch (tables) {
      case NestedTables.Npt npt -> GuestEntry.ACCESSED;
      case NestedTables.Ept ept -> ept.hasAccessedDirty() ? EptEntry.ACCESSED : 0;
    };
  }

  private long dirty() {
    return switch (tables) {
      case NestedTables.Npt npt -> GuestEntry.DIRTY;
      case NestedTables.Ept ept -> ept.hasAccessedDirty() ? EptEntry.DIRTY : 0;
    };
  }

  private void mark(long gpa, long bits) {
    int page = vm.page(gpa);
    if (page != FuzzVm.NOWHERE && !vm.isReadOnly(page) && bits != 0) {
      marks.merge(gpa, bits, (one, other) -> one | other);
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
    long access =
        isTable && accessed() != 0
            ? NestedViolation.EPT_READ | NestedViolation.EPT_WRITE
            : switch (kind) {
              case READ -> NestedViolation.EPT_READ;
              case WRITE -> NestedViolation.EPT_WRITE;
              case FETCH -> NestedViolation.EPT_FETCH;
            };
    long information =
        access
            | (long) refused.allowed() << NestedViolation.EPT_ALLOWED_SHIFT
            | NestedViolation.EPT_ADDRESS_VALID
            | (isTable ? 0 : NestedViolation.EPT_FINAL);
    return new NestedViolation(NestedViolation.Kind.EPT_VIOLATION, ngpa, information, gva);
  }

  /** What lies at a gpa; where there is no memory, as told. */
  private long value(long gpa, int bytes, long nothing) {
    int page = vm.page(gpa);
    return page == FuzzVm.NOWHERE
        ? nothing >>> Long.SIZE - 8 * bytes
        : GuestTranslation.part(mirror.get(GuestTranslation.word(page, gpa)), gpa, bytes);
  }
}
