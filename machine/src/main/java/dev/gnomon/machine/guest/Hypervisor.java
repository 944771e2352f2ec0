package dev.gnomon.machine.guest;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.Set;
import java.util.SplittableRandom;

/**
 * L1: a small hypervisor in the guest, whose own guest (L2) is the operating system that plays the
 * traces.
 *
 * <p>L2's memory is given on demand: a violation of the nested tables takes a frame of L1's and
 * maps it. Which frame is behind which page of L2's L1 remembers in an array in its memory, a word
 * for each, and in a second one the pages in the order in which they got one; the nested tables
 * hold what of it is mapped now, and how. Before a time slice of L2's it takes some pages out of
 * the tables, makes some read-only, or moves some to other frames, while L2 runs on other vCPUs:
 * these are told to leave L2 and to invalidate, before a frame is copied or given back.
 *
 * <p>A vCPU that enters L2 says so before, with a full barrier, as one that loads an address space
 * does, see {@link Shootdown}. What was changed while it was not in L2 it learns by a count of
 * changes.
 */
final class Hypervisor {
  /** The only VM that it runs, among address spaces. */
  private static final long THE_VM = 1;

  /** Pages that are changed before a time slice, at most. */
  private static final int MOST_CHANGED = 4;

  /** Of the kernel's page: how many pages L2 has. */
  private static final int PAGES = 64;

  private static final long PRESENT = 1;
  private static final long AFTER_HOLE = GuestMemoryMap.HIGH - GuestMemoryMap.HOLE;
  private static final int CHANGES = 0;
  private static final int SEEN = SharedWords.STRIDE;

  private final AddressLayout layout;
  private final Nesting nesting;
  private final long seed;
  private final DirectMap directMap;
  private final GuestMemoryMap memoryMap;
  private final GuestMemoryMap memoryOfL2;
  private final KernelHalf kernelHalf;
  private KernelEvents events;
  private KernelMemory memory;
  private NestedMap map;
  private SharedWords words;

  /** One in a VM, that pages with so many levels. */
  Hypervisor(int levels, VirtualMachine vm, Nesting nesting, long seed) {
    layout = new AddressLayout(levels);
    this.nesting = nesting;
    this.seed = seed;
    directMap = new DirectMap(layout.physicalMap());
    memoryMap = vm.memoryMap();
    memoryOfL2 = new GuestMemoryMap(memoryMap.memoryBytes() / 4 * 3 & -1L << 22);
    kernelHalf = new KernelHalf(layout, memoryMap);
    events = new KernelEvents(vm.execution().platform(), vm.mmu().rendezvous());
    memory = newMemory(vm);
    map = newMap();
    words = vm.execution().platform().newWords(SEEN * (1 + vm.config().mmu().vcpus()));
  }

  private KernelMemory newMemory(VirtualMachine vm) {
    return KernelMemory.of(
        layout,
        directMap,
        memoryMap,
        Set.of(),
        vm.execution().platform(),
        events,
        (vcpu, all) -> invalidate(vcpu));
  }

  private NestedMap newMap() {
    boolean isEpt = nesting.format() == Nesting.Format.EPT;
    PagingMode mode = isEpt && layout.levels() != 5 ? PagingMode.LEVEL_4 : layout.mode();
    long top = memoryMap.gpaOfFrame(memory.pool().firstFree());
    return new NestedMap(mode, nesting, directMap, memory.pool(), top);
  }

  /** Goes on in another VM. While no vCPU runs. */
  void moveTo(VirtualMachine vm) {
    GuestCounters counters = memory.counters();
    events = new KernelEvents(vm.execution().platform(), vm.mmu().rendezvous());
    memory = newMemory(vm);
    memory.counters().add(counters);
    map = newMap();
    words = vm.execution().platform().newWords(SEEN * (1 + vm.config().mmu().vcpus()));
  }

  /** L2's physical memory. */
  GuestMemoryMap memoryOfL2() {
    return memoryOfL2;
  }

  KernelEvents events() {
    return events;
  }

  GuestCounters counters() {
    return memory.counters();
  }

  /** L1's registers. */
  ControlRegisters registers() {
    return kernelHalf.registers();
  }

  /** Makes L1's tables, the top of the nested ones, and the array of L2's pages; by one vCPU. */
  void boot(Vcpu vcpu) {
    directMap.setBase(0);
    memory.pool().boot(vcpu);
    memory.pool().allocateRun(vcpu, 1 + 2 * arrayFrames());
    kernelHalf.map(vcpu, memory.tables());
    vcpu.load(registers());
    directMap.setBase(layout.physicalMap());
  }

  private long arrayFrames() {
    return (memoryOfL2.frames() * Long.BYTES >> PhysicalMemory.FRAME_SHIFT) + 1;
  }

  // --- in and out ---

  /** Runs L2 on a vCPU that is in L1, in guest mode. */
  void enter(Vcpu vcpu, ControlRegisters l2) {
    int seen = SEEN * (1 + vcpu.index());
    memory.shootdown().enter(vcpu.index(), THE_VM);
    long changes = words.get(CHANGES);
    if (words.get(seen) != changes) {
      words.set(seen, changes);
      vcpu.nested().invalidate();
    }
    vcpu.nested().onViolation(this::violation);
    vcpu.nested().run(l2, map.tables(registers()));
    memory.counters().count(vcpu.index(), GuestStat.L2_ENTRIES, 1);
  }

  /** Leaves L2 for L1. */
  void exit(Vcpu vcpu) {
    vcpu.nested().exit();
    memory.shootdown().leave(vcpu.index());
  }

  /** Does what other vCPUs' L1 has asked of this one. In guest mode, in L2 or not. */
  void takeLetters(Vcpu vcpu) {
    memory.shootdown().takeLetters(vcpu);
  }

  private void invalidate(Vcpu vcpu) {
    boolean wasRunning = vcpu.nested().isRunning();
    if (wasRunning) {
      vcpu.nested().exit();
    }
    vcpu.nested().invalidate();
    if (wasRunning) {
      vcpu.nested().resume();
    }
  }

  // --- violations ---

  private void violation(Vcpu vcpu, NestedViolation violation) {
    if (violation.kind() == NestedViolation.Kind.EPT_MISCONFIGURATION) {
      throw new IllegalStateException("L1 has made an entry that must not be: " + violation);
    }
    memory.counters().count(vcpu.index(), GuestStat.L2_VIOLATIONS, 1);
    long ngpa = violation.ngpa() & -PhysicalMemory.FRAME_SIZE;
    memory.sharedLock().lock(vcpu);
    if (ngpa == GuestMemoryMap.LOCAL_APIC) {
      map.map(vcpu, ngpa, ngpa, NestedMap.Access.WRITE);
    } else {
      map.map(vcpu, ngpa, frameBehind(vcpu, ngpa), wanted(violation));
    }
    memory.sharedLock().unlock();
    vcpu.nested().invalidate();
  }

  private static NestedMap.Access wanted(NestedViolation violation) {
    boolean isNpt = violation.kind() == NestedViolation.Kind.NESTED_PAGE_FAULT;
    long write = isNpt ? FaultCode.WRITE : NestedViolation.EPT_WRITE;
    long fetch = isNpt ? FaultCode.FETCH : NestedViolation.EPT_FETCH;
    boolean isMapped =
        isNpt
            ? (violation.information() & FaultCode.PRESENT) != 0
            : (violation.information() >> NestedViolation.EPT_ALLOWED_SHIFT & 7) != 0;
    if ((violation.information() & write) != 0 || isMapped) {
      return NestedMap.Access.WRITE;
    }
    return (violation.information() & fetch) != 0
        ? NestedMap.Access.EXECUTE
        : NestedMap.Access.READ;
  }

  /** The frame behind a page of L2's; a new one holds zeros. Under the lock. */
  private long frameBehind(Vcpu vcpu, long ngpa) {
    if (ngpa >= memoryOfL2.endGpa()) {
      throw new IllegalStateException("L2 has no memory at " + Long.toHexString(ngpa));
    }
    long word = arrayWord(ngpa);
    long known = vcpu.readLong(word);
    if ((known & PRESENT) == 0) {
      known = memory.pool().allocateTable(vcpu) | PRESENT;
      vcpu.writeLong(word, known);
      long pages = vcpu.readLong(pagesWord());
      vcpu.writeLong(listWord(pages), ngpa);
      vcpu.writeLong(pagesWord(), pages + 1);
    }
    return known & -PhysicalMemory.FRAME_SIZE;
  }

  /** The word that says which frame is behind a page. */
  private long arrayWord(long ngpa) {
    long page = PhysicalMemory.pfn(ngpa < GuestMemoryMap.HOLE ? ngpa : ngpa - AFTER_HOLE);
    return word(memory.pool().firstFree() + 1, page);
  }

  /** The word that says which page of L2's was the n-th to get a frame. */
  private long listWord(long n) {
    return word(memory.pool().firstFree() + 1 + arrayFrames(), n);
  }

  private long word(long firstFrame, long index) {
    long frame = firstFrame + (index * Long.BYTES >> PhysicalMemory.FRAME_SHIFT);
    return directMap.at(
        memoryMap.gpaOfFrame(frame) + index * Long.BYTES % PhysicalMemory.FRAME_SIZE);
  }

  private long pagesWord() {
    return directMap.at(AddressLayout.KERNEL_FRAME_GPA + PAGES);
  }

  // --- changing the tables under L2 ---

  /** Changes something, perhaps, of what L2 has; on a vCPU that is in L1, in guest mode. */
  void perform(Vcpu vcpu, long occasion) {
    SplittableRandom random = new SplittableRandom(seed ^ occasion * 0x9e37_79b9_7f4a_7c15L);
    memory.sharedLock().lock(vcpu);
    long pages = vcpu.readLong(pagesWord());
    for (int i = random.nextInt(MOST_CHANGED); i >= 0 && pages > 0; i--) {
      long ngpa = vcpu.readLong(listWord(random.nextLong(pages)));
      switch (random.nextInt(3)) {
        case 0 -> unmap(vcpu, ngpa);
        case 1 -> protect(vcpu, ngpa);
        default -> move(vcpu, ngpa);
      }
    }
    memory.sharedLock().unlock();
  }

  /** Takes a page out of the tables: the next access brings it back. */
  private void unmap(Vcpu vcpu, long ngpa) {
    map.unmap(vcpu, ngpa);
    flush(vcpu);
    memory.counters().count(vcpu.index(), GuestStat.L2_PAGES_UNMAPPED, 1);
  }

  private void protect(Vcpu vcpu, long ngpa) {
    map.map(vcpu, ngpa, frameBehind(vcpu, ngpa), NestedMap.Access.READ);
    flush(vcpu);
    memory.counters().count(vcpu.index(), GuestStat.L2_PAGES_PROTECTED, 1);
  }

  /** Moves a page to another frame; nobody writes it meanwhile. */
  private void move(Vcpu vcpu, long ngpa) {
    long old = frameBehind(vcpu, ngpa);
    long gpa = memory.pool().allocate(vcpu);
    map.unmap(vcpu, ngpa);
    flush(vcpu);
    memory.copyFrame(vcpu, old, gpa);
    vcpu.writeLong(arrayWord(ngpa), gpa | PRESENT);
    memory.pool().release(vcpu, old);
    memory.counters().count(vcpu.index(), GuestStat.L2_PAGES_MOVED, 1);
  }

  private void flush(Vcpu vcpu) {
    words.getAndAdd(CHANGES, 1);
    memory.shootdown().flush(vcpu, THE_VM, Shootdown.ALL);
  }
}
