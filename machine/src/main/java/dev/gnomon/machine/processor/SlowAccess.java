package dev.gnomon.machine.processor;

import dev.gnomon.mmu.NestedMmu;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.config.Statistics;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.table.FaultResult;
import java.util.Objects;

/**
 * What an access comes to when the first level of the TLB does not know its page: the second level,
 * a walk, exits to the MMU and to the VMM as often as that takes, page faults of the guest.
 *
 * <p>The guest's handler may throw: then the access is over, and nothing of it stays behind.
 */
final class SlowAccess {
  private final Cpu cpu;
  private final VcpuMmu mmu;
  private final Vmm vmm;
  private final Statistics statistics;
  private final Translator translator;
  private final GuestMode guestMode;

  /** Who takes what the guest gets. */
  interface Delivery {
    /** Has the guest handle a page fault; the access is then tried again. */
    void pageFault(long gva, long code);

    /** Has L1 handle a violation of its nested tables; the access is then tried again. */
    void violation(NestedViolation violation);
  }

  private final Delivery delivery;
  private WritingInstruction instruction = WritingInstruction.STORE;
  private long emulatedGpa;

  /** The code of the page fault that an access to be emulated has ended in. */
  private long guestFaultCode;

  private boolean isLoadingPdptes;

  SlowAccess(
      Cpu cpu,
      VcpuMmu mmu,
      Vmm vmm,
      Statistics statistics,
      Translator translator,
      GuestMode guestMode,
      Delivery delivery) {
    this.cpu = cpu;
    this.mmu = mmu;
    this.vmm = vmm;
    this.statistics = statistics;
    this.translator = translator;
    this.guestMode = guestMode;
    this.delivery = delivery;
  }

  /** Says whom to ask about the instruction that makes an access. */
  void setInstruction(WritingInstruction value) {
    instruction = value;
  }

  /**
   * Finds the hpa for an access that the first-level TLB does not know; leaves and enters the guest
   * as often as that takes.
   *
   * @return the hpa, or -1 if the VMM has to emulate the access
   */
  long translate(Privilege who, long gva, AccessKind kind) {
    long hpa = translator.find(who, gva, kind);
    if (hpa >= 0) {
      return hpa;
    }
    try {
      do {
        cpu.attempting();
        hpa = translator.walk(who, gva, kind);
        if (hpa < 0 && !isHelped(who, gva, kind)) {
          return -1;
        }
      } while (hpa < 0);
    } finally {
      translator.emulated().clear();
    }
    return hpa;
  }

  /**
   * Reads the four PDPTEs of PAE paging from memory.
   *
   * @param gpa of the first
   */
  void readPdptes(long gpa, long[] into) {
    try {
      for (int i = 0; i < into.length; ) {
        cpu.attempting();
        if (translator.readPdpte(gpa + 8L * i, into, i)) {
          i++;
        } else {
          isLoadingPdptes = true;
          isHelped(Privilege.SUPERVISOR, gpa, AccessKind.READ);
          isLoadingPdptes = false;
        }
      }
    } finally {
      translator.emulated().clear();
    }
  }

  /** Has whoever can see to it that a walk gets further; false if the access is to be emulated. */
  private boolean isHelped(Privilege who, long gva, AccessKind kind) {
    return switch (translator.end().outcome()) {
      case GUEST_FAULT -> {
        long code = translator.end().faultCode();
        statistics.count(cpu, Stat.PF_GUEST);
        translator.dropGuestFault(gva);
        delivery.pageFault(gva, code);
        yield true;
      }
      case PML_FULL -> {
        guestMode.leave();
        guestMode.enter();
        yield true;
      }
      case NESTED_FAULT -> handleNestedFault(who, gva, kind);
      case ENTRY_UPDATE -> {
        updateEntry();
        yield true;
      }
      case TRANSLATED -> throw new IllegalStateException("a failed walk that did not fail");
    };
  }

  /** Has the MMU handle a nested fault; false if the access is to be emulated. */
  private boolean handleNestedFault(Privilege who, long gva, AccessKind kind) {
    long gpa = translator.faultGpa();
    long code = translator.end().faultCode();
    translator.dropNestedFault(gva);
    guestMode.leave();
    FaultResult result = mmu.handleFault(cpu, gpa, code, who);
    guestFaultCode = mmu.guestFaultCode();
    boolean isTable = (code & FaultCode.GUEST_PAGE) != 0;
    if (result == FaultResult.WRITE_PROTECTED && !mmu.nested().hasTables()) {
      boolean edits = !isTable && instruction.editsTables();
      result = mmu.unprotect(cpu, gpa, instruction.rip(), edits) ? FaultResult.FIXED : result;
    }
    if (result == FaultResult.EMULATE || result == FaultResult.WRITE_PROTECTED) {
      emulatedGpa = gpa;
      result = isTable ? readEntry(gpa, code, result) : locate(who, gva, kind, result);
    }
    NestedViolation violation =
        result == FaultResult.NESTED_VIOLATION
            ? mmu.nested().violation(gva, !isLoadingPdptes)
            : null;
    boolean wasRequested = guestMode.enter();
    return switch (result) {
      case RETRY -> {
        // A request may be just what the retry was for: another root.
        if (!wasRequested) {
          cpu.retrying();
        }
        yield true;
      }
      case FIXED, SPURIOUS -> true;
      case EMULATE, WRITE_PROTECTED -> isTable;
      case GUEST_FAULT -> {
        delivery.pageFault(gva, guestFaultCode);
        yield true;
      }
      case NESTED_VIOLATION -> {
        isLoadingPdptes = false;
        delivery.violation(Objects.requireNonNull(violation));
        yield true;
      }
      case CONTINUE, INVALID -> throw new IllegalStateException("a fault ended as " + result);
    };
  }

  /** Has the VMM read an entry of a guest's table for the access under way. */
  private FaultResult readEntry(long gpa, long code, FaultResult result) {
    long place = gpa;
    if (mmu.nested().hasTables()) {
      AccessKind kind = (code & FaultCode.WRITE) != 0 ? AccessKind.WRITE : AccessKind.READ;
      place = mmu.nested().translate(cpu, gpa, kind, FaultCode.GUEST_PAGE);
      if (place < 0) {
        return FaultResult.NESTED_VIOLATION;
      }
    }
    int size = translator.paging().mode().entryBytes();
    translator.emulated().put(gpa, place, vmm.readEntry(cpu, place, size));
    return result;
  }

  /** Finds the gpa of an access to be emulated, where the fault did not tell it. */
  private FaultResult locate(Privilege who, long gva, AccessKind kind, FaultResult result) {
    if (mmu.isShadowing()) {
      emulatedGpa = mmu.translate(cpu, gva, kind, who);
      guestFaultCode = mmu.guestFaultCode();
      return emulatedGpa < 0 ? FaultResult.GUEST_FAULT : result;
    }
    NestedMmu nested = mmu.nested();
    if (!nested.hasTables()) {
      return result;
    }
    GuestPaging paging = translator.paging();
    emulatedGpa = nested.translate(cpu, paging.registers(), paging.pdptes(), gva, kind, who);
    if (emulatedGpa == NestedMmu.GUEST_FAULT) {
      guestFaultCode = nested.guestFaultCode();
      return FaultResult.GUEST_FAULT;
    }
    return emulatedGpa == NestedMmu.VIOLATION ? FaultResult.NESTED_VIOLATION : result;
  }

  /** Has the VMM set A or D in an entry that it has read. */
  private void updateEntry() {
    WalkEnd.EntryUpdate update = translator.end().update();
    guestMode.leave();
    EmulatedEntries emulated = translator.emulated();
    long place = emulated.place(emulated.find(update.gpa()));
    boolean isDone = vmm.updateEntry(cpu, place, update.size(), update.expected(), update.value());
    long now = isDone ? update.value() : vmm.readEntry(cpu, place, update.size());
    emulated.put(update.gpa(), place, now);
    guestMode.enter();
  }

  // --- emulated accesses, to where the last translation failed ---

  long emulateRead(int size) {
    guestMode.leave();
    statistics.count(cpu, Stat.MMIO_EXITS);
    long value = vmm.read(cpu, emulatedGpa, size);
    guestMode.enter();
    return value;
  }

  void emulateWrite(int size, long value) {
    emulateWrite(0, size, value);
  }

  /** Likewise, so many bytes after it in the page. */
  void emulateWrite(int offset, int size, long value) {
    guestMode.leave();
    statistics.count(cpu, Stat.MMIO_EXITS);
    vmm.write(cpu, emulatedGpa + offset, size, value);
    guestMode.enter();
  }

  /** An update as a read and then a write; returns what was read. */
  long emulateUpdate(int size, LockedOperation operation, long operand, long expected) {
    long gpa = emulatedGpa;
    guestMode.leave();
    statistics.count(cpu, Stat.MMIO_EXITS);
    long old;
    long value;
    do {
      old = vmm.read(cpu, gpa, size);
      value = operation.apply(old, operand, expected) & -1L >>> Long.SIZE - 8 * size;
    } while (vmm.compareAndExchange(cpu, gpa, size, old, value) != old);
    guestMode.enter();
    return old;
  }
}
