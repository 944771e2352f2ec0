package dev.gnomon.machine.migration;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapFile;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.platform.PhysicalMemory;

/** A host with an empty VM on it, made for a guest that is about to arrive. */
final class DestinationMachine implements AutoCloseable {
  /** Frames for all of the guest, an eighth more for tables, and some. */
  private static final int TABLES_FRACTION = 8;

  private static final long MORE_FRAMES = 32_768;

  private final HostMemory host;
  private final SwapFile swap;
  private final CpuThreads execution;
  private final VirtualMachine vm;

  private DestinationMachine(
      HostMemory host, SwapFile swap, CpuThreads execution, VirtualMachine vm) {
    this.host = host;
    this.swap = swap;
    this.execution = execution;
    this.vm = vm;
  }

  /**
   * Makes one.
   *
   * @throws dev.gnomon.machine.InputException if this process cannot have so much memory, or no
   *     swap file
   */
  static DestinationMachine of(VmConfig config, ReceiveOptions options) {
    long pages = PhysicalMemory.pfn(config.memoryBytes());
    HostMemory host = HostMemory.reserve(pages + pages / TABLES_FRACTION + MORE_FRAMES);
    try {
      int cpus = config.mmu().vcpus() + VirtualMachine.HOST_CPUS;
      ThreadPlatform platform = new ThreadPlatform(host, cpus, false);
      int slots = (int) Math.min(Integer.MAX_VALUE, pages);
      SwapFile swap =
          SwapFile.create(platform, platform.synchronization(), options.swapDirectory(), slots);
      CpuThreads execution = new CpuThreads(platform);
      VirtualMachine vm = new VirtualMachine(execution, swap, config, options.rules());
      return new DestinationMachine(host, swap, execution, vm);
    } catch (RuntimeException e) {
      host.close();
      throw e;
    }
  }

  VirtualMachine vm() {
    return vm;
  }

  Execution execution() {
    return execution;
  }

  /** Gives everything back. Nothing of it runs any more. */
  @Override
  public void close() {
    swap.close();
    host.close();
  }
}
