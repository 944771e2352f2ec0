package dev.gnomon.machine.guest;

import dev.gnomon.machine.GuestMemoryMap;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.PageFaultHandler;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.platform.PhysicalMemory;
import org.jspecify.annotations.Nullable;

/**
 * The guest's kernel: it boots, switches processes, and takes page faults and interrupts.
 *
 * <p>All of physical memory is mapped in its half with the largest pages there are, so a table is
 * written through an ordinary virtual address. Without paging it does no more than switch.
 *
 * <p>Which process a vCPU runs is known per vCPU; everything else that must be remembered lies in
 * guest memory.
 */
final class GuestKernel implements PageFaultHandler {
  /** Of the kernel's page; the frame pool has the words around it. */
  private static final int SLICES = 16;

  private static final int EOI = 0xb0;

  private final AddressLayout layout;
  private final GuestConfig config;
  private final DirectMap directMap;
  private final GuestMemoryMap memoryMap;
  private final KernelHalf kernelHalf;
  private final @Nullable Hypervisor below;
  private final GuestProcess[] running;
  private KernelMemory memory;
  private PageFaults pageFaults;
  private SpaceLife spaces;
  private SpaceChanges changes;

  /** The kernel of a guest in a VM. */
  GuestKernel(int levels, VirtualMachine vm, GuestConfig config) {
    this(levels, vm, config, null);
  }

  /** The kernel of a guest in a VM, or of one that a hypervisor in that VM runs. */
  GuestKernel(int levels, VirtualMachine vm, GuestConfig config, @Nullable Hypervisor below) {
    layout = new AddressLayout(levels);
    this.config = config;
    this.below = below;
    memoryMap = below == null ? vm.memoryMap() : below.memoryOfL2();
    kernelHalf = new KernelHalf(layout, memoryMap);
    directMap = new DirectMap(layout.physicalMap());
    running = new GuestProcess[vm.config().mmu().vcpus()];
    memory = newMemory(vm);
    pageFaults = new PageFaults(memory, config.usesLargePages());
    spaces = new SpaceLife(memory, config.has(GuestFeature.RECURSIVE));
    changes = new SpaceChanges(memory);
  }

  private KernelMemory newMemory(VirtualMachine vm) {
    KernelEvents events =
        below == null
            ? new KernelEvents(vm.execution().platform(), vm.mmu().rendezvous())
            : below.events().above(below::takeLetters);
    return KernelMemory.of(
        layout,
        directMap,
        memoryMap,
        config.features(),
        vm.execution().platform(),
        events,
        GuestKernel::flushHere);
  }

  private static void flushHere(Vcpu vcpu, long gva) {
    if (gva == Shootdown.ALL) {
      vcpu.loadCr3(vcpu.registers().cr3());
    } else {
      vcpu.invlpg(gva);
    }
  }

  /** Goes on in another VM. While no vCPU runs. */
  void moveTo(VirtualMachine vm) {
    GuestCounters counters = memory.counters();
    memory = newMemory(vm);
    memory.counters().add(counters);
    pageFaults = new PageFaults(memory, config.usesLargePages());
    spaces = new SpaceLife(memory, config.has(GuestFeature.RECURSIVE));
    changes = new SpaceChanges(memory);
  }

  /** Where its memory is. */
  GuestMemoryMap memoryMap() {
    return memoryMap;
  }

  AddressLayout layout() {
    return layout;
  }

  /** With what it handles memory, in the VM where it is. */
  KernelMemory memory() {
    return memory;
  }

  /** How address spaces come to be and end. */
  SpaceLife spaces() {
    return spaces;
  }

  /** How processes change what they have mapped. */
  SpaceChanges changes() {
    return changes;
  }

  /** The registers under which the kernel's own tables are used. */
  ControlRegisters registers() {
    return kernelHalf.registers();
  }

  // --- booting ---

  /**
   * Makes the kernel's words and tables, and switches paging on. Run once, by one vCPU after reset.
   *
   * @param sharedPages how many pages processes will share
   */
  void boot(Vcpu vcpu, int sharedPages) {
    if (layout.isPaged()) {
      directMap.setBase(0);
      memory.pool().boot(vcpu);
      kernelHalf.map(vcpu, memory.tables());
      mapSharedPages(vcpu, sharedPages);
      vcpu.load(registers());
      directMap.setBase(layout.physicalMap());
    }
  }

  /** Maps the pages that processes share, by tables that all have in common. */
  private void mapSharedPages(Vcpu vcpu, int count) {
    for (int i = 0; i < count; i++) {
      long gpa = memory.pool().allocate(vcpu);
      memory.tables().map(vcpu, AddressLayout.TOP_GPA, sharedPage(i), gpa, PageFaults.USER_BITS, 1);
    }
  }

  /** Where a pair of processes finds the page that it shares. */
  long sharedPage(int pair) {
    return layout.sharedPages() + (long) pair * PhysicalMemory.FRAME_SIZE;
  }

  /** A space as it is known from its top table, which no other has while it lives. */
  AddressSpace spaceOf(long cr3) {
    return new AddressSpace(1 + PhysicalMemory.pfn(cr3), cr3);
  }

  // --- processes ---

  /** Switches a vCPU to a process, and counts a time slice. */
  void switchTo(Vcpu vcpu, GuestProcess process) {
    vcpu.setUser(false);
    load(vcpu, process);
    vcpu.locked().fetchAndAdd(layout.kernelPage() + SLICES, 8, 1);
    vcpu.setUser(true);
  }

  /** Has a vCPU run a process. In supervisor mode. */
  void load(Vcpu vcpu, GuestProcess process) {
    running[vcpu.index()] = process;
    if (layout.isPaged()) {
      loadSpace(vcpu, process.space());
      memory.counters().count(vcpu.index(), GuestStat.SWITCHES, 1);
    }
  }

  /** Loads a space's tables. */
  void loadSpace(Vcpu vcpu, AddressSpace space) {
    memory.shootdown().enter(vcpu.index(), space.id());
    vcpu.loadCr3(space.cr3());
  }

  /** Has a vCPU run nothing but the kernel, on its own tables. In supervisor mode. */
  void unload(Vcpu vcpu) {
    if (layout.isPaged()) {
      vcpu.loadCr3(AddressLayout.TOP_GPA);
      memory.shootdown().leave(vcpu.index());
    }
  }

  /** Ends a time slice, which a timer interrupt ended: it is acknowledged at the local APIC. */
  void endSlice(Vcpu vcpu) {
    vcpu.setUser(false);
    vcpu.write(layout.localApic() + EOI, 4, 0);
    unload(vcpu);
  }

  /** How many time slices there were, by the guest's own count. */
  long slices(Vcpu vcpu) {
    return vcpu.readLong(layout.kernelPage() + SLICES);
  }

  // --- what interrupts a process ---

  /** Takes the interrupts that have come in. Between two instructions of a process. */
  void interrupts(Vcpu vcpu) {
    if (vcpu.takeEvent()) {
      if (below != null) {
        below.takeLetters(vcpu);
      }
      memory.shootdown().takeLetters(vcpu);
    }
  }

  @Override
  public void pageFault(Vcpu vcpu, long gva, long code) {
    if (below != null && !vcpu.nested().isRunning()) {
      throw PageFaults.unexpected(gva, code);
    }
    if (gva >= 0 && gva < layout.userEnd()) {
      pageFaults.handle(vcpu, running[vcpu.index()], gva, code);
    } else if (Long.compareUnsigned(gva, layout.sharedPages()) >= 0
        && Long.compareUnsigned(gva, layout.sharedPagesEnd()) < 0) {
      awaitSharedPage(vcpu, gva, code);
    } else {
      throw PageFaults.unexpected(gva, code);
    }
  }

  /** A shared page is missing only while it is being moved. */
  private void awaitSharedPage(Vcpu vcpu, long gva, long code) {
    memory.sharedLock().lock(vcpu);
    Leaf leaf = memory.tables().find(vcpu, running[vcpu.index()].space().cr3(), gva);
    memory.sharedLock().unlock();
    if (leaf == null) {
      throw PageFaults.unexpected(gva, code);
    }
  }
}
