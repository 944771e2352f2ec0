package dev.gnomon.cli.vm;

import dev.gnomon.cli.event.EventTrace;
import dev.gnomon.cli.event.VmTrace;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapFile;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.nio.file.Path;
import org.jspecify.annotations.Nullable;

/** A host with one VM on it: memory, threads, perhaps a swap file. Closed when no CPU runs. */
public final class HostMachine implements AutoCloseable {
  /** Page tables take a 512th of the memory that they map; host and guest have their own. */
  private static final int TABLES_FRACTION = 64;

  private static final long SPARE_BYTES = 128L << 20;

  private final HostMemory memory;
  private final @Nullable SwapFile swapFile;
  private final Execution execution;
  private final VirtualMachine vm;
  private final VmTrace vmTrace;

  /**
   * Makes a VM and its host.
   *
   * @param hasSwap whether there is a swap file
   * @throws dev.gnomon.machine.InputException if there is too little host memory, or no swap file
   *     can be made
   */
  public HostMachine(VmConfig config, Rules rules, boolean hasSwap) {
    this(config, rules, hasSwap, EventTrace.forFlightRecorder());
  }

  /**
   * Makes a VM and its host.
   *
   * @param hasSwap whether there is a swap file
   * @param trace who listens to the VM's MMU
   * @throws dev.gnomon.machine.InputException if there is too little host memory, or no swap file
   *     can be made
   */
  public HostMachine(VmConfig config, Rules rules, boolean hasSwap, EventTrace trace) {
    long bytes = config.memoryBytes();
    // Larger pages must find whole blocks beside the first tables.
    long block = PhysicalMemory.FRAME_SIZE * (1L << 9 * (config.hostPageLevel() - 1));
    memory =
        HostMemory.reserve(
            PhysicalMemory.pfn(bytes + bytes / TABLES_FRACTION + SPARE_BYTES + block));
    try {
      int cpus = config.mmu().vcpus() + VirtualMachine.HOST_CPUS;
      ThreadPlatform platform = new ThreadPlatform(memory, cpus, false);
      execution = new CpuThreads(platform);
      swapFile = hasSwap ? swapFile(platform, bytes) : null;
      SwapSpace swap = swapFile == null ? SwapSpace.NONE : swapFile;
      vmTrace = trace.of(config.mmu(), cpus);
      vm = new VirtualMachine(execution, swap, config, rules, vmTrace.tracepoints());
      vmTrace.markSlots(vm);
    } catch (RuntimeException | Error e) {
      memory.close();
      throw e;
    }
  }

  private static SwapFile swapFile(ThreadPlatform platform, long bytes) {
    return SwapFile.create(
        platform,
        platform.synchronization(),
        Path.of(System.getProperty("java.io.tmpdir")),
        (int) Math.min(PhysicalMemory.pfn(bytes), Integer.MAX_VALUE));
  }

  /** The VM. */
  public VirtualMachine vm() {
    return vm;
  }

  /** Its part of the trace that it was made with. */
  public VmTrace trace() {
    return vmTrace;
  }

  /** What runs it. */
  public Execution execution() {
    return execution;
  }

  @Override
  public void close() {
    if (swapFile != null) {
      swapFile.close();
    }
    memory.close();
  }
}
