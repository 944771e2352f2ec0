package dev.gnomon.machine;

import dev.gnomon.machine.memory.HostAddressSpace;
import dev.gnomon.machine.memory.PageUser;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.PageFaultHandler;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.processor.Vmm;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.Mmu;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.notify.MmuNotifier;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.slot.SlotRegion;
import dev.gnomon.mmu.sync.Synchronization;

/**
 * A VM put together: host memory behind memslots, an MMU, vCPUs; and the VMM's part in it.
 *
 * <p>CPU {@code i} of the execution runs vCPU {@code i}; {@link #HOST_CPUS} more work for the host.
 * The constructor and {@link #close} run alone.
 */
public final class VirtualMachine implements AutoCloseable {
  /** CPUs for the VMM, the reclaimer, and whoever reads the dirty log. */
  public static final int HOST_CPUS = 3;

  /** The slot of the memory below the hole. */
  public static final int LOW_SLOT = 0;

  /** The slot of the memory above the hole, if there is any. */
  public static final int HIGH_SLOT = 1;

  private final Execution execution;
  private final VmConfig config;
  private final GuestMemoryMap memoryMap;
  private final PhysicalMemory memory;
  private final HostAddressSpace hostSpace;
  private final Mmu mmu;
  private final long baseHvn;
  private WriteTracker writeTracker = (cpu, gpa, size, value) -> {};

  /** Makes a VM whose memory is all untouched, and whose MMU nobody listens to. */
  public VirtualMachine(Execution execution, SwapSpace swap, VmConfig config, Rules rules) {
    this(execution, swap, config, rules, Tracepoints.OFF);
  }

  /**
   * Makes a VM whose memory is all untouched.
   *
   * @param trace who is told of the MMU's events
   */
  public VirtualMachine(
      Execution execution, SwapSpace swap, VmConfig config, Rules rules, Tracepoints trace) {
    this(execution, swap, config, rules, trace, true);
  }

  /** Makes a VM without memslots, which whoever makes it adds; nobody listens to its MMU. */
  public static VirtualMachine withoutMemory(
      Execution execution, SwapSpace swap, VmConfig config, Rules rules) {
    return withoutMemory(execution, swap, config, rules, Tracepoints.OFF);
  }

  /**
   * Makes a VM without memslots: whoever makes it adds them.
   *
   * @param trace who is told of the MMU's events, or {@link Tracepoints#OFF}
   */
  public static VirtualMachine withoutMemory(
      Execution execution, SwapSpace swap, VmConfig config, Rules rules, Tracepoints trace) {
    return new VirtualMachine(execution, swap, config, rules, trace, false);
  }

  private VirtualMachine(
      Execution execution,
      SwapSpace swap,
      VmConfig config,
      Rules rules,
      Tracepoints trace,
      boolean hasMemory) {
    this.execution = execution;
    this.config = config;
    memoryMap = new GuestMemoryMap(config.memoryBytes());
    Platform platform = execution.platform();
    memory = platform.memory();
    Cpu cpu = hostCpu(0);
    Synchronization synchronization = execution.synchronization();
    hostSpace = new HostAddressSpace(cpu, platform, synchronization, execution.frames(), swap);
    mmu = new Mmu(platform, synchronization, cpu, hostSpace, config.mmu(), rules, trace);
    hostSpace.setUser(new NotifiedMmu(mmu.notifier(), rules.get(Rules.PFN_DIRTY).reportsOnClear()));
    baseHvn = hasMemory ? hostSpace.map(cpu, memoryMap.frames(), config.hostPageLevel()) : -1;
    if (hasMemory) {
      addMemory(cpu);
    }
  }

  private void addMemory(Cpu cpu) {
    long lowPages = PhysicalMemory.pfn(memoryMap.lowBytes());
    mmu.slotChanges().add(cpu, new SlotRegion(LOW_SLOT, 0, lowPages, baseHvn, false));
    if (memoryMap.highBytes() > 0) {
      mmu.slotChanges()
          .add(
              cpu,
              new SlotRegion(
                  HIGH_SLOT,
                  PhysicalMemory.pfn(GuestMemoryMap.HIGH),
                  PhysicalMemory.pfn(memoryMap.highBytes()),
                  baseHvn + lowPages,
                  false));
    }
  }

  /** The host's memory manager tells the MMU. */
  private record NotifiedMmu(MmuNotifier notifier, boolean reportsDirtWhenItForgets)
      implements PageUser {
    @Override
    public void invalidateStart(Cpu cpu, long firstHvn, long endHvn) {
      notifier.invalidateStart(cpu, firstHvn, endHvn);
    }

    @Override
    public void invalidateEnd(Cpu cpu, long firstHvn, long endHvn) {
      notifier.invalidateEnd(cpu, firstHvn, endHvn);
    }

    @Override
    public boolean clearYoung(Cpu cpu, long firstHvn, long endHvn) {
      return notifier.clearYoung(cpu, firstHvn, endHvn);
    }

    @Override
    public boolean testYoung(Cpu cpu, long firstHvn, long endHvn) {
      return notifier.testYoung(cpu, firstHvn, endHvn);
    }

    @Override
    public void flush(Cpu cpu) {
      notifier.flush(cpu);
    }
  }

  /** How many slots the guest's memory takes: {@link #LOW_SLOT} and perhaps {@link #HIGH_SLOT}. */
  public int memorySlots() {
    return memoryMap.highBytes() > 0 ? 2 : 1;
  }

  /** How it was set up. */
  public VmConfig config() {
    return config;
  }

  /** Where its memory lies. */
  public GuestMemoryMap memoryMap() {
    return memoryMap;
  }

  /** What it runs on. */
  public Execution execution() {
    return execution;
  }

  /** The CPU of one who works for the host, below {@link #HOST_CPUS}. */
  public Cpu hostCpu(int which) {
    return execution.cpu(config.mmu().vcpus() + which);
  }

  /** Its MMU. */
  public Mmu mmu() {
    return mmu;
  }

  /** The host memory behind it. */
  public HostAddressSpace hostSpace() {
    return hostSpace;
  }

  /** The host-virtual frame behind the first of its frames; frame n has this plus n. */
  public long baseHvn() {
    return baseHvn;
  }

  /** Makes a vCPU without devices. There must be one for each number, and only one at a time. */
  public Vcpu newVcpu(int index, PageFaultHandler faultHandler) {
    return newVcpu(index, faultHandler, Mmio.UNCLAIMED);
  }

  /**
   * Makes a vCPU. There must be one for each number, and only one at a time.
   *
   * @param mmio what answers where no slot is
   */
  public Vcpu newVcpu(int index, PageFaultHandler faultHandler, Mmio mmio) {
    return new Vcpu(
        index,
        execution.cpu(index),
        execution.platform(),
        mmu,
        config.tlb(),
        config.processor(),
        vmm(mmio),
        faultHandler);
  }

  /**
   * What does accesses for vCPUs: for one who makes a {@link Vcpu} of his own.
   *
   * @param mmio what answers where no slot is
   */
  public Vmm vmm(Mmio mmio) {
    return new EmulatingVmm(mmu, hostSpace, memory, mmio, this::writing);
  }

  private void writing(Cpu cpu, long gpa, int size, long value) {
    writeTracker.writing(cpu, gpa, size, value);
  }

  /** Says who wants to see the writes to write-tracked gfns. Before any vCPU runs. */
  public void setWriteTracker(WriteTracker tracker) {
    writeTracker = tracker;
  }

  /** Gives everything back. Every vCPU has been shut down. */
  @Override
  public void close() {
    Cpu cpu = hostCpu(0);
    mmu.close(cpu);
    if (baseHvn >= 0) {
      hostSpace.unmap(cpu, baseHvn, memoryMap.frames());
    }
  }
}
