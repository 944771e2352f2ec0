package dev.gnomon.machine.migration;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapFile;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.machine.trace.TraceSource;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;

/** A host with a VM, on real threads. */
final class TestMachine implements AutoCloseable {
  /** Of a VM, if nothing else is said. */
  static final long MEMORY = 16L << 20;

  static final int LEVELS = 4;

  private final HostMemory host;
  private final SwapFile swap;
  final CpuThreads execution;
  final VirtualMachine vm;

  TestMachine(MmuConfig mmu, Rules rules, long memoryBytes, int hostPageLevel) {
    VmConfig config = new VmConfig(mmu, memoryBytes, hostPageLevel, TlbConfig.DEFAULT);
    host = HostMemory.reserve((memoryBytes >> 12) * 2 + 16384);
    ThreadPlatform platform =
        new ThreadPlatform(host, mmu.vcpus() + VirtualMachine.HOST_CPUS, true);
    execution = new CpuThreads(platform);
    swap =
        SwapFile.create(
            platform,
            platform.synchronization(),
            Path.of(System.getProperty("java.io.tmpdir")),
            8192);
    vm = new VirtualMachine(execution, swap, config, rules);
  }

  TestMachine(MmuConfig mmu, Rules rules, int hostPageLevel) {
    this(mmu, rules, MEMORY, hostPageLevel);
  }

  TestMachine(MmuConfig mmu) {
    this(mmu, Rules.DEFAULTS, 1);
  }

  /** A verified guest, booted. */
  Guest bootGuest(TraceSource trace, int sliceAccesses) {
    return bootGuest(trace, new GuestConfig(false, true, 7, sliceAccesses));
  }

  Guest bootGuest(TraceSource trace, GuestConfig config) {
    Guest guest = new Guest(vm, LEVELS, config);
    guest.boot(List.of(trace));
    return guest;
  }

  static long accesses(Guest guest) {
    return Arrays.stream(guest.accessesPerVcpu()).sum();
  }

  @Override
  public void close() {
    vm.close();
    swap.close();
    host.close();
  }
}
