package dev.gnomon.machine.guest;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.lockstep.LockstepPlatform;
import dev.gnomon.machine.lockstep.Schedule;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.machine.trace.TraceSource;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Random;
import java.util.function.Consumer;

/** A VM for a guest, or for the pieces of one. */
final class GuestRig implements AutoCloseable {
  static final long MEMORY = 32L << 20;

  private static final int PAGES = 48;

  private final HostMemory host;
  final Execution execution;
  final VirtualMachine vm;

  private GuestRig(HostMemory host, Execution execution, MmuConfig mmu) {
    this.host = host;
    this.execution = execution;
    VmConfig config = new VmConfig(mmu, MEMORY, 1, TlbConfig.DEFAULT);
    vm = new VirtualMachine(execution, SwapSpace.NONE, config, Rules.DEFAULTS);
  }

  static GuestRig onThreads(MmuConfig mmu) {
    HostMemory host = HostMemory.reserve((MEMORY >> 12) * 2 + 16384);
    int cpus = mmu.vcpus() + VirtualMachine.HOST_CPUS;
    return new GuestRig(host, new CpuThreads(new ThreadPlatform(host, cpus, true)), mmu);
  }

  /** One whose vCPUs take turns as a seed decides. */
  static GuestRig inLockstep(MmuConfig mmu, long seed) {
    HostMemory host = HostMemory.reserve((MEMORY >> 12) * 2 + 16384);
    Schedule schedule = new Schedule(seed, 64, 0, 100_000_000);
    int cpus = mmu.vcpus() + VirtualMachine.HOST_CPUS;
    LockstepPlatform platform = new LockstepPlatform(host, cpus, true, schedule);
    return new GuestRig(host, platform.execution(), mmu);
  }

  static MmuConfig tdp(int vcpus) {
    return MmuConfig.of(TdpKind.EPT, vcpus);
  }

  static MmuConfig shadow(int vcpus, int guestLevels) {
    return MmuConfig.of(TdpKind.NPT, vcpus)
        .withMmu(MmuKind.SHADOW)
        .withLevels(Math.max(4, guestLevels));
  }

  /** Runs guest code on the first vCPU, in supervisor mode. */
  void run(GuestKernel kernel, Consumer<Vcpu> code) {
    Vcpu vcpu = vm.newVcpu(0, kernel);
    execution.start(
        0,
        "vcpu0",
        cpu -> {
          vcpu.enterGuest();
          code.accept(vcpu);
          vcpu.leaveGuest();
          vcpu.shutDown();
        });
    execution.join();
  }

  /** Boots a guest, and plays a trace in it to its end. */
  Guest play(int levels, GuestConfig config, int records, long seed) {
    Guest guest = new Guest(vm, levels, config);
    guest.boot(List.of(trace(records, seed)));
    guest.start();
    execution.join();
    return guest;
  }

  /** A trace of accesses to a few dozen pages in three places. */
  static TraceSource trace(int records, long seed) {
    Random random = new Random(seed);
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < records; i++) {
      long place = 0x40_0000L << 5 * random.nextInt(3);
      long address = place + random.nextInt(PAGES) * 4096L + random.nextInt(4088);
      text.append(List.of("I  ", " L ", " S ", " M ").get(random.nextInt(4)))
          .append(Long.toHexString(address))
          .append(',')
          .append(1 + random.nextInt(8))
          .append('\n');
    }
    byte[] bytes = text.toString().getBytes(StandardCharsets.ISO_8859_1);
    return TraceSource.stream("test.trace", new ByteArrayInputStream(bytes));
  }

  @Override
  public void close() {
    vm.close();
    host.close();
  }
}
