package dev.gnomon.bench.guest;

import dev.gnomon.bench.rig.Jvm;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.guest.Guest;
import dev.gnomon.machine.guest.GuestConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.machine.trace.TraceBatch;
import dev.gnomon.machine.trace.TraceReader;
import dev.gnomon.machine.trace.TraceSource;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.io.BufferedWriter;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * {@code gnomon run} of a text trace, one vCPU: the sample, written out as the text that Lackey
 * makes, played once by a new guest in a new VM. Timed from the guest's boot to its end, with the
 * text being read on the way.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 2)
@Measurement(iterations = 4)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class TraceRun {
  private static final long MEMORY = 512L << 20;
  private static final long SEED = 1;
  private static final String[] HEADS = {"I  ", " L ", " S ", " M "};

  /** Whether every load is checked. */
  @Param({"false", "true"})
  public boolean verify;

  private Path text;
  private HostMemory host;
  private CpuThreads threads;
  private VirtualMachine vm;
  private Guest guest;

  /** How many accesses one play of the trace makes. */
  public static long accesses() {
    try (TraceSource sample = TraceSource.sample()) {
      return sample.totals().accesses();
    }
  }

  /** Writes the text. */
  @Setup(Level.Trial)
  public void writeText() throws IOException {
    text = Files.createTempFile("gnomon-bench", ".lackey");
    text.toFile().deleteOnExit();
    TraceBatch batch = new TraceBatch();
    try (TraceSource sample = TraceSource.sample();
        TraceReader reader = sample.open();
        BufferedWriter out = Files.newBufferedWriter(text)) {
      while (reader.read(batch) > 0) {
        for (int i = 0; i < batch.count(); i++) {
          String address = Long.toHexString(batch.address(i));
          out.write(HEADS[batch.kind(i)]);
          out.write("0".repeat(Math.max(0, 8 - address.length())));
          out.write(address);
          out.write(',');
          out.write(Integer.toString(batch.size(i)));
          out.write('\n');
        }
      }
    }
  }

  /** Deletes it. */
  @TearDown(Level.Trial)
  public void deleteText() throws IOException {
    Files.delete(text);
  }

  /** Makes the VM. */
  @Setup(Level.Invocation)
  public void open() {
    long pages = PhysicalMemory.pfn(MEMORY);
    host = HostMemory.reserve(pages + pages / 16 + 32_768);
    ThreadPlatform platform = new ThreadPlatform(host, 1 + VirtualMachine.HOST_CPUS, false);
    threads = new CpuThreads(platform);
    VmConfig config = new VmConfig(MmuConfig.of(TdpKind.EPT, 1), MEMORY, 1, TlbConfig.DEFAULT);
    vm = new VirtualMachine(threads, SwapSpace.NONE, config, Rules.DEFAULTS);
    guest = new Guest(vm, 4, new GuestConfig(false, verify, SEED, GuestConfig.DEFAULT_SLICE));
  }

  /** Gives it back. */
  @TearDown(Level.Invocation)
  public void close() {
    if (guest.verifyResult().mismatches() > 0) {
      throw new IllegalStateException(
          "the guest read what it had not written: " + guest.verifyResult());
    }
    guest.close();
    vm.close();
    host.close();
  }

  /** Plays the trace. */
  @Benchmark
  public long run() {
    try (TraceSource source = TraceSource.file(text)) {
      guest.boot(List.of(source));
      guest.start();
      threads.join();
    }
    return guest.accessesSoFar();
  }
}
