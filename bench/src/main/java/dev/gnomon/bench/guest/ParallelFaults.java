package dev.gnomon.bench.guest;

import dev.gnomon.bench.rig.Jvm;
import dev.gnomon.bench.rig.Rig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
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
 * vCPUs that fault on ranges of their own at the same time, each {@link #PAGES_EACH} pages of 4
 * KiB, as in {@link PageFault}. If they did not disturb each other, two would take as long as one.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 15)
@Measurement(iterations = 25)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class ParallelFaults {
  /** Pages that each vCPU faults on. */
  public static final int PAGES_EACH = 65_536;

  private static final long PAGE = 4096;
  private static final long BYTES_EACH = PAGES_EACH * PAGE;
  private static final int MOST_VCPUS = 2;

  /** How many vCPUs fault. */
  @Param({"1", "2"})
  public int vcpus;

  private Rig rig;

  /** Has the host back the memory, and makes the tables. */
  @Setup(Level.Trial)
  public void open() {
    rig = Rig.ofSmallPages(MmuConfig.of(TdpKind.EPT, MOST_VCPUS), MOST_VCPUS * BYTES_EACH);
    rig.populate();
    rig.mapAll();
  }

  /** Gives it back. */
  @TearDown(Level.Trial)
  public void close() {
    rig.close();
  }

  /** Takes the mappings away, and has threads ready. */
  @Setup(Level.Invocation)
  public void unmap() {
    rig.unmapAll();
    rig.prepare(vcpus, ParallelFaults::writeAll);
  }

  /** All vCPUs from their start to the end of the last. */
  @Benchmark
  public void fault() {
    rig.go();
  }

  private static void writeAll(Vcpu vcpu) {
    long first = vcpu.index() * BYTES_EACH;
    vcpu.enterGuest();
    for (long gpa = first; gpa < first + BYTES_EACH; gpa += PAGE) {
      vcpu.writeLong(gpa, gpa);
    }
    vcpu.leaveGuest();
  }
}
