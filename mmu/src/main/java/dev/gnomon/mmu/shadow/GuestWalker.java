package dev.gnomon.mmu.shadow;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.slot.Memslot;
import dev.gnomon.mmu.slot.MemslotArray;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.table.Role;

/**
 * Walks the guest's tables as the processor would, in every format. A is set from the root to the
 * leaf, then D, and only when the whole walk has succeeded; an entry that has changed meanwhile has
 * the walk begin again. A table outside all slots, and an entry that the host has no memory for,
 * count as not present. In read-only memory A and D are not set, and the walk goes on.
 *
 * <p>Takes the MMU lock for reading, so that the host does not take tables away under it. Called
 * without it, inside a read section of the memslots.
 */
final class GuestWalker {
  private enum Step {
    DONE,
    FAULT,
    ABSENT,
    CHANGED
  }

  private final GuestTables tables;
  private final Memslots memslots;
  private final MmuLock mmuLock;
  private final Tracepoints trace;

  GuestWalker(Foundation base, GuestTables tables) {
    this.tables = tables;
    memslots = base.memslots();
    mmuLock = base.mmuLock();
    trace = base.trace();
  }

  /**
   * Walks for an access.
   *
   * @param topGpa the gpa of the top table; for PAE unused
   * @param pdptes the four PDPTEs, for PAE
   * @return false if the guest's tables refuse the access: see {@link GuestWalk#faultCode}
   */
  boolean walk(
      Cpu cpu,
      GuestFormat format,
      long topGpa,
      long[] pdptes,
      long address,
      AccessKind kind,
      Privilege who,
      GuestWalk walk) {
    while (true) {
      mmuLock.readLock(cpu);
      Step step = attempt(cpu, format, topGpa, pdptes, address, kind, who, walk);
      mmuLock.readUnlock(cpu);
      if (step == Step.ABSENT && !bringIn(cpu, walk)) {
        walk.faultCode = format.codeNotPresent(who, kind);
        walk.rights = GuestFormat.NO_RIGHTS;
        step = Step.FAULT;
      }
      if (step == Step.FAULT) {
        trace.kvmMmuWalkerError(cpu, walk.faultCode);
      }
      if (step == Step.DONE || step == Step.FAULT) {
        return step == Step.DONE;
      }
    }
  }

  private boolean bringIn(Cpu cpu, GuestWalk walk) {
    Memslot slot = walk.absentSlot;
    return slot != null && tables.makePresent(cpu, slot, walk.absentGpa, walk.absentForWrite);
  }

  private Step attempt(
      Cpu cpu,
      GuestFormat format,
      long topGpa,
      long[] pdptes,
      long address,
      AccessKind kind,
      Privilege who,
      GuestWalk walk) {
    PagingMode mode = format.mode();
    if (mode == PagingMode.NONE) {
      walk.gfn = address >>> 12;
      walk.access = Role.ALL;
      walk.level = 1;
      return Step.DONE;
    }
    walk.rights = GuestFormat.NO_RIGHTS;
    if (!format.reaches(address)) {
      return fault(walk, format.codeNotPresent(who, kind));
    }
    long table = topGpa;
    int level = mode.levels();
    if (mode == PagingMode.PAE) {
      long pdpte = pdptes[(int) (address >>> 30) & 3];
      if (!format.isPresent(pdpte)) {
        return fault(walk, format.codeNotPresent(who, kind));
      }
      table = GuestEntry.address(pdpte);
      level = 2;
    }
    walk.top = level;
    // Above it, in a root of one more level, there may be an entry that stands for no entry.
    walk.accesses[level + 1] = Role.ALL;
    MemslotArray slots = memslots.current();
    long rights = GuestFormat.ALL_RIGHTS;
    for (; ; level--) {
      long gpa = table + mode.offset(address, level);
      Memslot slot = GuestTables.visibleSlot(slots, gpa >>> 12);
      if (slot == null) {
        return fault(walk, format.codeNotPresent(who, kind));
      }
      long hpa = tables.hpa(slot, gpa);
      if (hpa < 0) {
        return absent(walk, slot, gpa, false);
      }
      long gpte = tables.read(hpa, mode.entryBytes());
      walk.gptes[level] = gpte;
      walk.gpas[level] = gpa;
      walk.hpas[level] = hpa;
      walk.slots[level] = slot;
      if (!format.isPresent(gpte)) {
        return fault(walk, format.codeNotPresent(who, kind));
      }
      if (format.hasReservedBit(gpte, level)) {
        return fault(walk, format.codeReserved(who, kind));
      }
      rights = format.gather(rights, gpte);
      walk.accesses[level] = GuestFormat.access(rights);
      if (format.isLeaf(gpte, level)) {
        return leaf(cpu, format, address, kind, who, walk, level, rights);
      }
      table = GuestEntry.address(gpte);
    }
  }

  private Step leaf(
      Cpu cpu,
      GuestFormat format,
      long address,
      AccessKind kind,
      Privilege who,
      GuestWalk walk,
      int level,
      long rights) {
    long gpte = walk.gptes[level];
    long withKey = rights | format.key(gpte);
    if ((format.allowed(who, withKey) & Permissions.bit(kind)) == 0) {
      walk.rights = rights;
      return fault(walk, format.codeRefused(who, kind, withKey));
    }
    walk.level = level;
    walk.gfn = format.gfn(gpte, level, address);
    boolean isWrite = kind == AccessKind.WRITE;
    int access = GuestFormat.access(rights);
    walk.access = isWrite ? access : format.withoutCleanWrite(access, gpte);
    return setAccessedDirty(cpu, format, walk, isWrite);
  }

  private Step setAccessedDirty(Cpu cpu, GuestFormat format, GuestWalk walk, boolean isWrite) {
    int size = format.entryBytes();
    for (int level = walk.top; level >= walk.level; level--) {
      long gpte = walk.gptes[level];
      boolean setsDirty = isWrite && level == walk.level;
      long wanted = format.withAccessedDirty(gpte, setsDirty);
      if (wanted == gpte) {
        continue;
      }
      Memslot slot = walk.slots[level];
      long gpa = walk.gpas[level];
      if (!slot.isReadOnly() && !tables.isWritable(slot, gpa)) {
        return absent(walk, slot, gpa, true);
      }
      tell(cpu, format, gpa, wanted & ~gpte);
      if (slot.isReadOnly()) {
        // The entry stays as it is: compared with what it is not, it would have changed for ever.
        continue;
      }
      if (!tables.update(cpu, slot, gpa, walk.hpas[level], size, gpte, wanted)) {
        return Step.CHANGED;
      }
      walk.gptes[level] = wanted;
    }
    return Step.DONE;
  }

  private void tell(Cpu cpu, GuestFormat format, long gpa, long added) {
    if (format.isAccessedAdded(added)) {
      trace.kvmMmuSetAccessedBit(cpu, gpa);
    }
    if (format.isDirtyAdded(added)) {
      trace.kvmMmuSetDirtyBit(cpu, gpa);
    }
  }

  private static Step fault(GuestWalk walk, long code) {
    walk.faultCode = code;
    return Step.FAULT;
  }

  private static Step absent(GuestWalk walk, Memslot slot, long gpa, boolean forWrite) {
    walk.absentSlot = slot;
    walk.absentGpa = gpa;
    walk.absentForWrite = forWrite;
    return Step.ABSENT;
  }

  /** Whether the guest's entry that a walk used is no longer what it was. Under the MMU lock. */
  boolean hasChanged(GuestWalk walk, GuestFormat format, int level) {
    long hpa = tables.hpa(walk.slots[level], walk.gpas[level]);
    return hpa < 0 || tables.read(hpa, format.entryBytes()) != walk.gptes[level];
  }
}
