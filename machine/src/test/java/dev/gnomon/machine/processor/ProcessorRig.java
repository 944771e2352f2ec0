package dev.gnomon.machine.processor;

import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostFrames;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.spte.SpteFormat;
import dev.gnomon.mmu.sync.Synchronization;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A VM with one vCPU in guest mode, used by one thread. The test plays nature, and reaches under
 * the vCPU into the tables of its MMU.
 */
final class ProcessorRig implements AutoCloseable {
  static final long MEMORY = 2L << 20;

  /** How many outcomes each choice had. */
  final List<Integer> choices = new ArrayList<>();

  /** What nature chooses next; when there is nothing left, the first. */
  final ArrayDeque<Integer> chosen = new ArrayDeque<>();

  int fences;

  final PhysicalMemory memory;
  final VirtualMachine vm;
  final Vcpu vcpu;
  private final HostMemory host;

  ProcessorRig(MmuConfig mmu, TlbConfig tlb, PageFaultHandler faultHandler) {
    this(mmu, tlb, ProcessorModel.DEFAULT, faultHandler);
  }

  ProcessorRig(MmuConfig mmu, TlbConfig tlb, ProcessorModel model, PageFaultHandler faultHandler) {
    host = HostMemory.reserve(4096);
    memory = host.memory();
    VmConfig config = new VmConfig(mmu, MEMORY, 1, tlb, model);
    vm =
        new VirtualMachine(
            new OneThread(host, mmu.vcpus()), SwapSpace.NONE, config, Rules.DEFAULTS);
    vcpu = vm.newVcpu(0, faultHandler);
    vcpu.enterGuest();
  }

  ProcessorRig(MmuConfig mmu, TlbConfig tlb) {
    this(mmu, tlb, ProcessorRig::refuse);
  }

  ProcessorRig(MmuConfig mmu, ProcessorModel model) {
    this(mmu, TlbConfig.DEFAULT, model, ProcessorRig::refuse);
  }

  private static void refuse(Vcpu vcpu, long gva, long code) {
    throw new GuestFault(code);
  }

  /** Maps 4 KiB pages, all rights given, into 4-level tables that begin at {@code top}. */
  void map(long top, long gva, long gpa, long bits) {
    long table = top;
    for (int level = 4; level > 1; level--) {
      long entry = table + 8L * PageLevel.index(gva, level);
      table += PhysicalMemory.FRAME_SIZE;
      vcpu.writeLong(entry, table | 7);
    }
    vcpu.writeLong(table + 8L * PageLevel.index(gva, 1), gpa | bits);
  }

  /** A page fault of the guest's, which ends the access that met it. */
  static final class GuestFault extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final long code;

    GuestFault(long code) {
      super(Long.toHexString(code));
      this.code = code;
    }
  }

  SpteFormat format() {
    return vm.mmu().format();
  }

  /** The address of the entry for a gpa in its table of a level, which must exist. */
  long sptep(long gpa, int level) {
    long table = vm.mmu().vcpu(0).rootHpa();
    for (int at = vm.mmu().vcpu(0).rootLevel(); at > level; at--) {
      table = PhysicalMemory.hpa(SpteFormat.pfn(memory.getLong(entry(table, gpa, at))));
    }
    return entry(table, gpa, level);
  }

  long spte(long gpa) {
    return memory.getLong(sptep(gpa, PageLevel.LEVEL_4K));
  }

  void clear(long gpa, long bits) {
    memory.getAndAndLong(sptep(gpa, PageLevel.LEVEL_4K), ~bits);
  }

  private static long entry(long table, long gpa, int level) {
    return table + 8L * PageLevel.index(gpa, level);
  }

  /** A word of guest memory, as the host sees it. */
  long word(long gpa) {
    byte[] bytes = new byte[Long.BYTES];
    vm.hostSpace()
        .read(vm.hostCpu(0), (vm.baseHvn() << PhysicalMemory.FRAME_SHIFT) + gpa, bytes, 0, 8);
    return java.nio.ByteBuffer.wrap(bytes).order(java.nio.ByteOrder.LITTLE_ENDIAN).getLong();
  }

  @Override
  public void close() {
    host.close();
  }

  /** What the thread that tests stands for any CPU of. */
  private final class OneThread extends Execution {
    private final ThreadPlatform threads;
    private final CpuThreads execution;
    private final Platform platform;
    private final Cpu[] cpus;

    OneThread(HostMemory host, int vcpus) {
      threads = new ThreadPlatform(host, vcpus + VirtualMachine.HOST_CPUS, true);
      execution = new CpuThreads(threads);
      platform = new CountingPlatform(threads);
      cpus = new Cpu[threads.cpus()];
      for (int i = 0; i < cpus.length; i++) {
        cpus[i] = new ChoosingCpu(i);
      }
    }

    @Override
    public Platform platform() {
      return platform;
    }

    @Override
    public Synchronization synchronization() {
      return threads.synchronization();
    }

    @Override
    public HostFrames frames() {
      return threads.frames();
    }

    @Override
    public Cpu cpu(int index) {
      return cpus[index];
    }

    @Override
    public void start(int cpuIndex, String name, Consumer<Cpu> body) {
      throw new UnsupportedOperationException();
    }

    @Override
    public void join() {
      throw new UnsupportedOperationException();
    }

    @Override
    public void stop(@Nullable Throwable cause) {
      execution.stop(cause);
    }

    @Override
    public void checkStopped() {
      execution.checkStopped();
    }
  }

  private final class CountingPlatform extends Platform {
    private final Platform platform;

    CountingPlatform(Platform platform) {
      this.platform = platform;
    }

    @Override
    public PhysicalMemory memory() {
      return platform.memory();
    }

    @Override
    public Frames frames() {
      return platform.frames();
    }

    @Override
    public int cpus() {
      return platform.cpus();
    }

    @Override
    public SharedWords newWords(int count) {
      return platform.newWords(count);
    }

    @Override
    public void fullFence() {
      fences++;
      platform.fullFence();
    }
  }

  private final class ChoosingCpu extends Cpu {
    ChoosingCpu(int index) {
      super(index);
    }

    @Override
    public void awaitChange(SharedWords words, int index, long seen) {
      throw new AssertionError("a test of one thread waits");
    }

    @Override
    public void awaitChange(PhysicalMemory awaited, long hpa, long seen) {
      throw new AssertionError("a test of one thread waits");
    }

    @Override
    public void retrying() {}

    @Override
    public int choose(int n) {
      choices.add(n);
      return chosen.isEmpty() ? 0 : chosen.remove();
    }
  }
}
