package dev.gnomon.machine.guest;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.trace.TraceReader;
import dev.gnomon.machine.trace.TraceSource;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.tlb.Requests;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * A guest in a VM: its kernel, its processes, and the vCPUs that run them.
 *
 * <p>Life: {@link #boot}; then {@link #start}s, each of which runs until the work is done or the
 * VMM has asked for a {@link #pause}. A paused guest may be {@link #moveTo moved} to another VM
 * that holds a copy of its memory, and started there. These are called by one thread, while no vCPU
 * runs; {@link #pause}, {@link #accessesSoFar} and the limit by any CPU at any time.
 */
public final class Guest {
  private final GuestConfig config;
  private final @Nullable Hypervisor hypervisor;
  private final GuestKernel kernel;
  private final ProcessMaker maker;
  private final List<GuestProcess> processes;
  private VirtualMachine vm;
  private Vcpu[] vcpus;
  private RunQueue queue;
  private SharedPages sharedPages;
  private Slices slices;

  /** Of vCPUs that ran in a VM that the guest has left. */
  private long earlierTlbMisses;

  private long earlierWalkLoads;

  /**
   * A guest that has not booted.
   *
   * @param levels of its page tables: 0 (no paging), 2 (32-bit paging), 3 (PAE), 4 or 5
   */
  public Guest(VirtualMachine vm, int levels, GuestConfig config) {
    this.vm = vm;
    this.config = config;
    int count = vm.config().mmu().vcpus();
    Nesting nesting = config.nesting();
    hypervisor = nesting == null ? null : new Hypervisor(levels, vm, nesting, config.seed());
    kernel = new GuestKernel(levels, vm, config, hypervisor);
    maker = new ProcessMaker(config, kernel, kernel.memoryMap());
    processes = maker.processes();
    vcpus = newVcpus(ControlRegisters.RESET);
    sharedPages = new SharedPages(vm.execution().platform(), kernel, 0);
    queue = newQueue(new long[count]);
    slices = newSlices();
  }

  private Vcpu[] newVcpus(ControlRegisters registers) {
    Vcpu[] made = new Vcpu[vm.config().mmu().vcpus()];
    for (int i = 0; i < made.length; i++) {
      made[i] = vm.newVcpu(i, kernel);
      made[i].load(registers);
    }
    return made;
  }

  /**
   * Boots the guest on its first vCPU and makes its processes. Takes the calling thread.
   *
   * @param traces opened here; each process has its own reader
   */
  public void boot(List<? extends TraceSource> traces) {
    int count = config.processes(traces.size(), vcpus.length);
    int pairs = SharedPages.pairs(count * config.threads());
    if (hypervisor != null) {
      runAlone(hypervisor::boot);
    }
    runInKernel(
        KernelHalf.flat(),
        vcpu -> {
          kernel.boot(vcpu, pairs);
          maker.add(vcpu, count, traces);
        });
    for (Vcpu vcpu : vcpus) {
      vcpu.load(hypervisor == null ? kernel.registers() : hypervisor.registers());
    }
    sharedPages = new SharedPages(vm.execution().platform(), kernel, processes.size());
    queue = newQueue(new long[vcpus.length]);
    slices = newSlices();
  }

  private Slices newSlices() {
    int pairs = SharedPages.pairs(processes.size());
    Chores chores = new Chores(config, kernel, pairs, kernel.memoryMap().frames());
    return new Slices(vm, hypervisor, kernel, queue, sharedPages, chores);
  }

  private RunQueue newQueue(long[] accesses) {
    return new RunQueue(vm.execution(), processes, accesses, config.sliceAccesses());
  }

  // --- running ---

  /** Starts every vCPU on its CPU; the execution's join waits for them. */
  public void start() {
    queue.starting(vcpus.length);
    for (Vcpu vcpu : vcpus) {
      vcpu.resume();
      vm.execution().start(vcpu.index(), "vcpu" + vcpu.index(), cpu -> slices.run(cpu, vcpu));
    }
  }

  /**
   * Asks every vCPU to stop at the end of what it is doing. The execution's join waits for them.
   */
  public void pause() {
    for (int i = 0; i < vcpus.length; i++) {
      vm.mmu().rendezvous().request(i, Requests.PAUSE);
    }
    queue.changed();
  }

  /** Whether every vCPU that was started has stopped: all work done, or paused. By any CPU. */
  public boolean hasStopped() {
    return queue.running() == 0;
  }

  /**
   * Lets no time slice begin once the guest has made so many accesses; {@code Long.MAX_VALUE}:
   * none.
   */
  public void limitAccesses(long accesses) {
    queue.limit(accesses);
    queue.changed();
  }

  /** How many accesses the guest has made, as far as its vCPUs have published. */
  public long accessesSoFar() {
    return queue.totalAccesses();
  }

  /** Whether every trace is played to its end. While no vCPU runs. */
  public boolean isFinished() {
    return processes.stream().allMatch(GuestProcess::isFinished);
  }

  /** How much of the traces has been read, and how much there is, in bytes as stored. */
  public TraceProgress traceProgress() {
    long read = 0;
    long size = 0;
    for (GuestProcess process : processes) {
      read += process.reader().bytesRead();
      size += process.reader().sizeInBytes();
    }
    return new TraceProgress(read, size);
  }

  /** Bytes of traces read, of so many. */
  public record TraceProgress(long bytesRead, long sizeInBytes) {}

  // --- moving ---

  /**
   * Goes on in another VM, whose memory is a copy of this one's. While paused.
   *
   * @throws IllegalArgumentException if that VM has another number of vCPUs
   */
  public void moveTo(VirtualMachine destination) {
    if (destination.config().mmu().vcpus() != vcpus.length) {
      throw new IllegalArgumentException("a guest keeps its number of vCPUs when it moves");
    }
    settle();
    long[] accesses = accessesPerVcpu();
    List<ControlRegisters> registers = registers();
    earlierTlbMisses = tlbMisses();
    earlierWalkLoads = walkLoads();
    vm = destination;
    vcpus = newVcpus(ControlRegisters.RESET);
    if (hypervisor != null) {
      hypervisor.moveTo(destination);
    }
    kernel.moveTo(destination);
    load(registers);
    queue = newQueue(accesses);
    slices = newSlices();
  }

  /** What children had verified counts as the first process's. */
  private void settle() {
    Guest.VerifyResult buried = slices.takeBuried();
    Verifier verifier = processes.isEmpty() ? null : processes.get(0).verifier();
    if (verifier != null) {
      verifier.add(buried);
    }
  }

  private List<ControlRegisters> registers() {
    return Arrays.stream(vcpus).map(Vcpu::registers).toList();
  }

  private void load(List<ControlRegisters> registers) {
    for (Vcpu vcpu : vcpus) {
      vcpu.load(registers.get(vcpu.index()));
    }
  }

  /** All of the guest that lies outside its memory, but for traces and records. While paused. */
  public GuestState state() {
    settle();
    return new GuestState(
        registers(),
        Arrays.stream(accessesPerVcpu()).boxed().toList(),
        processes.stream().map(GuestProcess::state).toList(),
        sharedPages.writes());
  }

  /**
   * Makes this guest, which has not booted, what another was; the VM's memory must be a copy of
   * that one's.
   *
   * @param traces for each process the rest of its trace, from the next record
   * @throws IllegalArgumentException if the state is not one of a guest with this number of vCPUs
   */
  public void restore(GuestState state, List<? extends TraceReader> traces) {
    if (state.registers().size() != vcpus.length
        || state.accessesPerVcpu().size() != vcpus.length) {
      throw new IllegalArgumentException("a guest keeps its number of vCPUs when it moves");
    }
    maker.addRestored(state.processes(), traces);
    sharedPages = new SharedPages(vm.execution().platform(), kernel, processes.size());
    sharedPages.restore(state.sharedWrites());
    load(state.registers());
    queue = newQueue(state.accessesPerVcpu().stream().mapToLong(Long::longValue).toArray());
    slices = newSlices();
  }

  /** The processes' traces and records: what is too large for a {@link #state}. While paused. */
  public GuestTraces traces() {
    return new GuestTraces(processes);
  }

  // --- results ---

  /** How many accesses each vCPU made. */
  public long[] accessesPerVcpu() {
    long[] accesses = new long[vcpus.length];
    for (int i = 0; i < accesses.length; i++) {
      accesses[i] = queue.accesses(i);
    }
    return accesses;
  }

  /** How it runs its traces. */
  public GuestConfig config() {
    return config;
  }

  /** The levels of its page tables: 0 (no paging), 2 (32-bit paging), 3 (PAE), 4 or 5. */
  public int levels() {
    return kernel.layout().levels();
  }

  /** How many processes it runs. */
  public int processes() {
    return processes.size();
  }

  /** What its kernel has counted of its own doing. While no vCPU runs. */
  public Map<GuestStat, Long> statistics() {
    Map<GuestStat, Long> sums = kernel.memory().counters().sums();
    if (hypervisor != null) {
      hypervisor.counters().sums().forEach((stat, sum) -> sums.merge(stat, sum, Long::sum));
    }
    return sums;
  }

  /** How often a TLB could not serve an access. While no vCPU runs. */
  public long tlbMisses() {
    long misses = earlierTlbMisses;
    for (Vcpu vcpu : vcpus) {
      misses += vcpu.tlbMisses();
    }
    return misses;
  }

  /** How many entries of page tables the processors' walks have read. While no vCPU runs. */
  public long walkLoads() {
    long loads = earlierWalkLoads;
    for (Vcpu vcpu : vcpus) {
      loads += vcpu.walkLoads();
    }
    return loads;
  }

  /**
   * Reads all that the processes have touched once more, and checks it; and that the guest counted
   * its time slices right. On the first vCPU; takes the calling thread. Only for a guest that is
   * verified.
   */
  public void sweep() {
    runInKernel(kernel.registers(), new LastSweep(kernel, processes)::make);
  }

  /** What was checked. While no vCPU runs. */
  public VerifyResult verifyResult() {
    settle();
    VerifyResult all = VerifyResult.NOTHING;
    for (GuestProcess process : processes) {
      Verifier verifier = process.verifier();
      if (verifier != null) {
        all = all.and(verifier.result());
      }
    }
    return all;
  }

  /**
   * What verification found.
   *
   * @param loadsChecked loads and fetches that were compared, and words of the last sweep
   * @param mismatches how many were wrong
   * @param first the first that was, of the process with the lowest number
   */
  public record VerifyResult(long loadsChecked, long mismatches, @Nullable Mismatch first) {
    static final VerifyResult NOTHING = new VerifyResult(0, 0, null);

    VerifyResult and(VerifyResult other) {
      return new VerifyResult(
          loadsChecked + other.loadsChecked,
          mismatches + other.mismatches,
          first == null ? other.first : first);
    }
  }

  /** Closes the traces. */
  public void close() {
    for (GuestProcess process : processes) {
      process.reader().close();
    }
  }

  /** Runs code of the kernel's: of L2, with these registers, if there is a hypervisor. */
  private void runInKernel(ControlRegisters registers, GuestCode code) {
    Hypervisor l1 = hypervisor;
    if (l1 == null) {
      runAlone(code);
      return;
    }
    runAlone(
        vcpu -> {
          l1.enter(vcpu, registers);
          code.run(vcpu);
          l1.exit(vcpu);
        });
  }

  /** Runs guest code on the first vCPU, alone, in supervisor mode. */
  private void runAlone(GuestCode code) {
    Vcpu vcpu = vcpus[0];
    vm.execution()
        .start(
            0,
            "vcpu0",
            cpu -> {
              vcpu.resume();
              vcpu.setUser(false);
              vcpu.enterGuest();
              code.run(vcpu);
              vcpu.leaveGuest();
              vcpu.shutDown();
            });
    vm.execution().join();
  }

  @FunctionalInterface
  private interface GuestCode {
    void run(Vcpu vcpu);
  }
}
