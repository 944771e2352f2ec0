package dev.gnomon.machine.processor;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.platform.PhysicalMemory;

/**
 * The guest's page tables as its walks reach them: each access to an entry is translated by the
 * {@link NestedWalker}, unless the VMM has read the entry for the access under way.
 */
final class GuestTables {
  /** A or D is set, or was. */
  static final long ASSISTED = 1;

  /**
   * A walk that must begin again: an entry changed between the look at it and the update. It begins
   * again at once, since another has got on.
   */
  static final long LOST_RACE = -1;

  /** As page walks see it. */
  private final PhysicalMemory memory;

  private final NestedWalker nested;
  private final EmulatedEntries emulated;
  private final WalkEnd end;
  private long entry;
  private long loads;

  GuestTables(PhysicalMemory memory, NestedWalker nested, EmulatedEntries emulated, WalkEnd end) {
    this.memory = memory;
    this.nested = nested;
    this.emulated = emulated;
    this.end = end;
  }

  /**
   * Reads an entry.
   *
   * @param isWrite whether the access counts as a write
   * @return whether {@link #entry} has it; else someone must help
   */
  boolean read(long gpa, int size, boolean isWrite) {
    int at = emulated.isEmpty() ? -1 : emulated.find(gpa);
    if (at >= 0) {
      loads++;
      entry = emulated.value(at);
      return true;
    }
    long page = translate(gpa, isWrite);
    if (page == 0) {
      return false;
    }
    entry = load(Translation.hpa(page, gpa), size);
    return true;
  }

  /** What was read last, zero-extended. */
  long entry() {
    return entry;
  }

  /** Loads an entry from where it was found to be. */
  long load(long hpa, int size) {
    loads++;
    return size == 8 ? memory.getLong(hpa) : memory.getInt(hpa) & 0xffff_ffffL;
  }

  /** Sets A or D: {@link #ASSISTED}, {@link #LOST_RACE}, or 0 if someone must help. */
  long assist(long gpa, int size, long gpte, long wanted) {
    if (!emulated.isEmpty() && emulated.find(gpa) >= 0) {
      end.needs(new WalkEnd.EntryUpdate(gpa, size, gpte, wanted));
      return 0;
    }
    long page = translate(gpa, true);
    if (page == 0) {
      return 0;
    }
    long hpa = Translation.hpa(page, gpa);
    boolean isSet =
        size == 8
            ? memory.compareAndExchangeLong(hpa, gpte, wanted) == gpte
            : memory.compareAndExchangeInt(hpa, (int) gpte, (int) wanted) == (int) gpte;
    return isSet ? ASSISTED : LOST_RACE;
  }

  private long translate(long gpa, boolean isWrite) {
    long page = nested.translate(gpa, isWrite, false);
    if (page == 0) {
      failed(FaultCode.GUEST_PAGE);
    }
    return page;
  }

  /** Translates where a walk has led to: a nested {@link Translation}, or 0. */
  long translateFinal(long gpa, AccessKind kind) {
    long page = nested.translate(gpa, kind == AccessKind.WRITE, kind == AccessKind.FETCH);
    if (page == 0) {
      failed(FaultCode.GUEST_FINAL);
    }
    return page;
  }

  private void failed(long where) {
    if (nested.isPmlFull()) {
      end.pmlFull();
    } else {
      end.nestedFault(nested.faultCode() | where);
    }
  }

  /** How many entries were read. */
  long loads() {
    return loads;
  }
}
