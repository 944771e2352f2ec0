package dev.gnomon.machine.fuzz;

import dev.gnomon.machine.Mmio;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.processor.ProcessorModel;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.NestedViolation;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.slot.SlotRegion;

/**
 * A VM that is used for one script after the other: a slot of 2 MiB at 0 that stays, and a small
 * one that comes, goes, moves, and may be read-only. Where guest memory lies on the host is known
 * here. All of its vCPUs run on the caller's thread: one at a time is in the guest.
 */
final class FuzzVm implements AutoCloseable {
  static final int VCPUS = 2;
  static final int LOW_PAGES = 512;
  static final int HIGH_PAGES = 64;
  static final int PAGES = LOW_PAGES + HIGH_PAGES;
  static final int NOWHERE = -1;
  private static final long[] PLACES = {0x400, 0x500};
  private static final long FRAMES = 1L << 15;

  /** A page fault of the guest's. */
  static final class GuestFault extends RuntimeException {
    private static final long serialVersionUID = 1L;
    long gva;
    long code;

    GuestFault() {
      super(null, null, false, false);
    }
  }

  /** What L1's nested tables refuse; ends the access, and L1 runs. */
  static final class Violated extends RuntimeException {
    private static final long serialVersionUID = 1L;
    final transient NestedViolation violation;

    Violated(NestedViolation violation) {
      super(null, null, false, false);
      this.violation = violation;
    }
  }

  final VirtualMachine vm;
  final Cpu host;
  final PhysicalMemory memory;
  private final LoneExecution execution;
  private final HostMemory hostMemory;
  private final GuestFault fault = new GuestFault();
  private final Vcpu[] vcpus = new Vcpu[VCPUS];
  private final WatchedMemory[] watches = new WatchedMemory[VCPUS];
  private final long lowHvn;
  private final long highHvn;
  private final byte[] pageBytes = new byte[PhysicalMemory.FRAME_SIZE];
  private long highGfn = NOWHERE;
  private boolean isHighReadOnly;

  /** Does what a vCPU waits for. */
  private Runnable helper = () -> {};

  FuzzVm(FuzzConfig config) {
    hostMemory = HostMemory.reserve(FRAMES);
    execution = new LoneExecution(hostMemory, VCPUS + VirtualMachine.HOST_CPUS, () -> helper.run());
    memory = execution.platform().memory();
    VmConfig vmConfig =
        new VmConfig(
            config.mmu(), VmConfig.MINIMUM_MEMORY, config.hostPageLevel(), TlbConfig.SMALL);
    vm = VirtualMachine.withoutMemory(execution, new MemorySwap(memory), vmConfig, config.rules());
    host = vm.hostCpu(0);
    lowHvn = vm.hostSpace().map(host, LOW_PAGES, config.hostPageLevel());
    highHvn = vm.hostSpace().map(host, HIGH_PAGES, 1);
    vm.mmu().slotChanges().add(host, new SlotRegion(0, 0, LOW_PAGES, lowHvn, false));
    place(0, false);
    for (int i = 0; i < VCPUS; i++) {
      watches[i] = new WatchedMemory(memory);
      vcpus[i] =
          new Vcpu(
              i,
              execution.cpu(i),
              new WatchedPlatform(execution, watches[i]),
              vm.mmu(),
              TlbConfig.SMALL,
              ProcessorModel.DEFAULT,
              new WatchedVmm(vm.vmm(Mmio.UNCLAIMED), watches[i]),
              this::fault);
      vcpus[i]
          .nested()
          .onViolation(
              (who, violation) -> {
                throw new Violated(violation);
              });
    }
  }

  private void fault(Vcpu who, long gva, long code) {
    fault.gva = gva;
    fault.code = code;
    throw fault;
  }

  Vcpu vcpu(int index) {
    return vcpus[index];
  }

  /** Where the accesses of a vCPU go. */
  WatchedMemory watch(int vcpu) {
    return watches[vcpu];
  }

  /** An operation begins. */
  void begin() {
    for (int i = 0; i < VCPUS; i++) {
      execution.cpu(i).begin();
    }
  }

  /** Who does what a vCPU waits for. */
  void setHelper(Runnable value) {
    helper = value;
  }

  // --- where memory is ---

  /** The page of memory at a gpa, or {@link #NOWHERE}. */
  int page(long gpa) {
    long gfn = gpa >>> PhysicalMemory.FRAME_SHIFT;
    if (gfn < LOW_PAGES) {
      return (int) gfn;
    }
    boolean isHigh = highGfn != NOWHERE && gfn >= highGfn && gfn < highGfn + HIGH_PAGES;
    return isHigh ? LOW_PAGES + (int) (gfn - highGfn) : NOWHERE;
  }

  /** Whether the guest may not write a page, or {@link #NOWHERE}. */
  boolean isReadOnly(int page) {
    return isHighReadOnly && page >= LOW_PAGES;
  }

  /** The host-virtual frame of a page. */
  long hvn(int page) {
    return page < LOW_PAGES ? lowHvn + page : highHvn + page - LOW_PAGES;
  }

  /** Where a page lies now: an hpa, or -1 if it is not present. */
  long hpa(int page) {
    long present = vm.hostSpace().present(hvn(page));
    return present == HostPages.ABSENT ? -1 : PhysicalMemory.hpa(HostPages.pfn(present));
  }

  /** Where a page lies, which is made present if it is not. */
  private long presentHpa(int page) {
    long hpa = hpa(page);
    if (hpa < 0) {
      hpa = PhysicalMemory.hpa(HostPages.pfn(vm.hostSpace().pin(host, hvn(page), false)));
      vm.hostSpace().unpin(host, hvn(page), false);
    }
    return hpa;
  }

  /** The page that lies at an hpa, or {@link #NOWHERE}. */
  int pageOf(long hpa) {
    for (int page = 0; page < PAGES; page++) {
      if (hpa(page) == (hpa & -PhysicalMemory.FRAME_SIZE)) {
        return page;
      }
    }
    return NOWHERE;
  }

  /** An hpa in words: whose it is. */
  String describe(long hpa) {
    int page = pageOf(hpa);
    return page == NOWHERE
        ? "hpa %x (no page of the guest's)".formatted(hpa)
        : "hpa %x (page %x)".formatted(hpa, page);
  }

  /** What a word of memory really holds; numbered as in {@link Mirror}. */
  long real(int word) {
    return memory.getLong(presentHpa(word / Mirror.WORDS) + 8L * (word % Mirror.WORDS));
  }

  /** The first word of a page that is not as it must be, or -1. */
  int firstDifference(int page, Mirror mirror) {
    memory.read(presentHpa(page), pageBytes, 0, pageBytes.length);
    return mirror.firstDifference(page, pageBytes);
  }

  /** Is told pages. */
  interface Pages {
    void add(int page);
  }

  /**
   * Has the mirror show what memory holds; tells the pages that were not so. Those that nobody has
   * written have no entries that a walk could mark.
   */
  void follow(Mirror mirror, Pages changed) {
    for (int page = 0; page < PAGES; page++) {
      if (mirror.isTouched(page)) {
        follow(page, mirror, changed);
      }
    }
  }

  /** The same, for one page. */
  void follow(int page, Mirror mirror, Pages changed) {
    for (int word = firstDifference(page, mirror);
        word >= 0;
        word = firstDifference(page, mirror)) {
      mirror.set(word, real(word));
      changed.add(page);
    }
  }

  // --- the second slot ---

  boolean isHighThere() {
    return highGfn != NOWHERE;
  }

  /**
   * Adds it, or moves it.
   *
   * @param isReadOnly whether the guest may not write it: only a slot that is added can be made so
   */
  void place(long which, boolean isReadOnly) {
    long gfn = PLACES[(int) (which & 1)];
    if (highGfn == NOWHERE) {
      vm.mmu().slotChanges().add(host, new SlotRegion(1, gfn, HIGH_PAGES, highHvn, isReadOnly));
      isHighReadOnly = isReadOnly;
    } else if (highGfn != gfn) {
      vm.mmu().slotChanges().move(host, 1, gfn);
    }
    highGfn = gfn;
  }

  void delete() {
    if (highGfn != NOWHERE) {
      vm.mmu().slotChanges().delete(host, 1);
      highGfn = NOWHERE;
    }
  }

  /** The gfn of a page, or {@link #NOWHERE}. */
  long gfn(int page) {
    if (page < LOW_PAGES) {
      return page;
    }
    return highGfn == NOWHERE ? NOWHERE : highGfn + page - LOW_PAGES;
  }

  // --- from one script to the next ---

  /** The vCPUs stop, nothing is mapped, and memory is as it was at first. Outside the guest. */
  void clear(Mirror mirror) {
    for (Vcpu vcpu : vcpus) {
      vcpu.load(ControlRegisters.RESET);
      vcpu.setPrivilege(false, false);
      vcpu.shutDown();
    }
    vm.mmu().zapAll(host);
    if (isHighReadOnly) {
      delete();
    }
    place(0, false);
    mirror.reset(this::restore);
  }

  private void restore(int word) {
    long hvn = hvn(word / Mirror.WORDS);
    long hpa = PhysicalMemory.hpa(HostPages.pfn(vm.hostSpace().pin(host, hvn, true)));
    memory.setLong(hpa + 8L * (word % Mirror.WORDS), Mirror.initial(word));
    vm.hostSpace().unpin(host, hvn, true);
  }

  /** Writes all of memory, before anything runs. */
  void fill() {
    for (int word = 0; word < PAGES * Mirror.WORDS; word++) {
      if (Mirror.initial(word) != 0) {
        restore(word);
      }
    }
  }

  @Override
  public void close() {
    hostMemory.close();
  }
}
