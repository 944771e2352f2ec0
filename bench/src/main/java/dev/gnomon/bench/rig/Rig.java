package dev.gnomon.bench.rig;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.PageFaultHandler;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.HostPages;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A VM on real threads and memory, without a guest operating system: its vCPUs run without paging,
 * so a gva is a gpa.
 *
 * <p>Its methods are called by one thread, which acts for any CPU that {@link #prepare} has not
 * given a thread of its own.
 */
public final class Rig implements AutoCloseable {
  private static final long SPREADING_NANOS = 10_000_000;

  private final HostMemory memory;
  private final ThreadPlatform platform;
  private final CpuThreads threads;
  private final VirtualMachine vm;
  private final Vcpu[] vcpus;
  private volatile boolean isOpen;

  /** A VM of so many bytes, all untouched. */
  public Rig(MmuConfig mmu, long memoryBytes, int hostPageLevel, Rules rules) {
    this(mmu, memoryBytes, hostPageLevel, rules, () -> Rig::refuseGuestFault);
  }

  /** The same, with a page-fault handler made for each vCPU. */
  public Rig(
      MmuConfig mmu,
      long memoryBytes,
      int hostPageLevel,
      Rules rules,
      Supplier<PageFaultHandler> handlers) {
    long pages = PhysicalMemory.pfn(memoryBytes);
    // A sixteenth more for tables and descriptors, and some for what does not depend on size.
    memory = HostMemory.reserve(pages + pages / 16 + 32_768);
    platform = new ThreadPlatform(memory, mmu.vcpus() + VirtualMachine.HOST_CPUS, false);
    threads = new CpuThreads(platform);
    VmConfig config = new VmConfig(mmu, memoryBytes, hostPageLevel, TlbConfig.DEFAULT);
    vm = new VirtualMachine(threads, SwapSpace.NONE, config, rules);
    vcpus = new Vcpu[mmu.vcpus()];
    for (int i = 0; i < vcpus.length; i++) {
      vcpus[i] = vm.newVcpu(i, handlers.get());
    }
  }

  /** A VM as {@code gnomon run} makes it, with 4 KiB pages only. */
  public static Rig ofSmallPages(MmuConfig mmu, long memoryBytes) {
    return new Rig(mmu, memoryBytes, 1, Rules.DEFAULTS);
  }

  private static void refuseGuestFault(Vcpu vcpu, long gva, long code) {
    throw new IllegalStateException(
        "a guest without paging had a page fault at " + Long.toHexString(gva));
  }

  /** The VM. */
  public VirtualMachine vm() {
    return vm;
  }

  /** A vCPU, outside guest mode until someone has it enter. */
  public Vcpu vcpu(int index) {
    return vcpus[index];
  }

  /** How many frames of the host are in use, for whatever. */
  public long allocatedFrames() {
    return platform.frames().allocated();
  }

  /** The CPU that the VMM and the host's memory manager run on. */
  public Cpu hostCpu() {
    return vm.hostCpu(0);
  }

  /**
   * Has the host put a page behind every frame of the guest: no fault has to wait for one any more.
   */
  public void populate() {
    long pages = vm.memoryMap().frames();
    for (long i = 0; i < pages; i++) {
      if (vm.hostSpace().resolve(hostCpu(), vm.baseHvn() + i, true) == HostPages.ABSENT) {
        throw new IllegalStateException("no host page behind frame " + i);
      }
    }
  }

  /** Has a vCPU write the first word of every page, which maps it writable. */
  public void mapAll() {
    Vcpu vcpu = vcpus[0];
    vcpu.enterGuest();
    long pages = vm.memoryMap().frames();
    for (long i = 0; i < pages; i++) {
      vcpu.writeLong(vm.memoryMap().gpaOfFrame(i), i);
    }
    vcpu.leaveGuest();
  }

  /**
   * Unmaps all guest memory as the host's memory manager does, whose own pages stay. The tables
   * stay too, empty. Every vCPU is outside guest mode.
   */
  public void unmapAll() {
    long first = vm.baseHvn();
    long end = first + vm.memoryMap().frames();
    vm.mmu().notifier().invalidateStart(hostCpu(), first, end);
    vm.mmu().notifier().invalidateEnd(hostCpu(), first, end);
  }

  /**
   * Starts a thread for each of the first {@code count} vCPUs; at {@link #go} they do the same. A
   * new thread may have to wait some milliseconds for a core of its own, which is not what is to be
   * measured: they wait busily, and this returns when they have had time to spread.
   */
  public void prepare(int count, Consumer<Vcpu> body) {
    isOpen = false;
    for (int i = 0; i < count; i++) {
      Vcpu vcpu = vcpus[i];
      threads.start(
          i,
          "vcpu" + i,
          cpu -> {
            while (!isOpen) {
              Thread.onSpinWait();
            }
            body.accept(vcpu);
          });
    }
    LockSupport.parkNanos(SPREADING_NANOS);
  }

  /** Lets those that were prepared go, and waits for all. */
  public void go() {
    isOpen = true;
    threads.join();
  }

  /** Gives all memory back. Every vCPU is outside guest mode. */
  @Override
  public void close() {
    for (Vcpu vcpu : vcpus) {
      vcpu.shutDown();
    }
    vm.close();
    memory.close();
  }
}
