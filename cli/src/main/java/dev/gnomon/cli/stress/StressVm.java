package dev.gnomon.cli.stress;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.tlb.Requests;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/** A VM under stress: the machine, when it is over, and the first loss. */
final class StressVm implements AutoCloseable {
  private static final int OVER = 0;
  private static final int RUNNING = SharedWords.STRIDE;
  private static final long SPARE_FRAMES = 32_768;

  private final long seed;
  private final HostMemory host;
  private final Execution execution;
  private final LongSupplier clock;
  private final long end;
  private final VirtualMachine vm;
  private final SharedWords words;
  private final SeenWrites seenWrites = new SeenWrites();
  private final AtomicReference<@Nullable Loss> loss = new AtomicReference<>();

  /** A VM that runs on a back end for about so long. */
  StressVm(Scenario scenario, Rules rules, Backend backend, long seed, double seconds) {
    this.seed = seed;
    VmConfig config = scenario.vmConfig();
    long pages = PhysicalMemory.pfn(config.memoryBytes());
    host = HostMemory.reserve(pages + SPARE_FRAMES);
    int vcpus = config.mmu().vcpus();
    Backend.Machine machine =
        backend.create(host, vcpus + VirtualMachine.HOST_CPUS, seed, scenario.longTurn(), seconds);
    execution = machine.execution();
    clock = machine.clock();
    end = machine.end();
    Platform platform = execution.platform();
    words = platform.newWords(2 * SharedWords.STRIDE);
    words.set(RUNNING, vcpus);
    SwapSpace swap = new MemorySwap(execution, (int) Math.min(pages, 2048));
    vm = new VirtualMachine(execution, swap, config, rules);
    vm.setWriteTracker(seenWrites);
  }

  /** What the VM's write tracker has seen. */
  SeenWrites seenWrites() {
    return seenWrites;
  }

  long seed() {
    return seed;
  }

  VirtualMachine vm() {
    return vm;
  }

  Execution execution() {
    return execution;
  }

  PhysicalMemory memory() {
    return execution.platform().memory();
  }

  /** A vCPU that runs without guest paging, so expects no guest page fault. */
  Vcpu newVcpu(int index) {
    return vm.newVcpu(
        index,
        (vcpu, gva, code) -> {
          throw new IllegalStateException("a guest page fault without guest paging");
        });
  }

  /** The host-virtual frame behind a page. */
  long hvn(long gpa) {
    return vm.baseHvn() + PhysicalMemory.pfn(gpa);
  }

  /** Notes a loss, and ends the stress. The first one counts. */
  void lost(Loss found) {
    loss.compareAndSet(null, found);
    end();
  }

  @Nullable Loss loss() {
    return loss.get();
  }

  /** Ends the stress. */
  void end() {
    words.set(OVER, 1);
  }

  boolean isOver() {
    return words.get(OVER) != 0 || clock.getAsLong() >= end;
  }

  /** Lets the others go on for some steps. */
  void pause(Cpu cpu, int steps) {
    long until = clock.getAsLong() + steps;
    while (clock.getAsLong() < until && !isOver()) {
      cpu.retrying();
    }
  }

  void vcpuStopped() {
    words.getAndAdd(RUNNING, -1);
  }

  /** Stops the vCPUs, and waits until each has left the guest for good. */
  void stopVcpus(Cpu cpu) {
    for (int i = 0; i < vm.config().mmu().vcpus(); i++) {
      vm.mmu().rendezvous().request(i, Requests.PAUSE);
    }
    long running;
    while ((running = words.get(RUNNING)) != 0) {
      cpu.awaitChange(words, RUNNING, running);
    }
  }

  @Override
  public void close() {
    host.close();
  }
}
