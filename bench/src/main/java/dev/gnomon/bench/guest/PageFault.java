package dev.gnomon.bench.guest;

import dev.gnomon.bench.rig.Jvm;
import dev.gnomon.bench.rig.Rig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.table.FaultResult;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Level;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.TearDown;
import org.openjdk.jmh.annotations.Warmup;

/**
 * A TDP fault that installs one 4 KiB page: the tables are there, the host has touched the frame,
 * one vCPU.
 *
 * <p>Page after page of the guest's memory is written once; then, outside what is timed, the host
 * unmaps them all. A sample is one fault, and the clock's own time.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class PageFault {
  private static final long BYTES = 128 << 20;
  private static final long PAGE = 4096;

  private Rig rig;
  private Vcpu vcpu;
  private VcpuMmu mmu;
  private Cpu cpu;
  private long gpa;

  /** Has the host back the memory, and makes the tables. */
  @Setup(Level.Trial)
  public void open() {
    rig = Rig.ofSmallPages(MmuConfig.of(TdpKind.EPT, 1), BYTES);
    rig.populate();
    rig.mapAll();
    vcpu = rig.vcpu(0);
    mmu = rig.vm().mmu().vcpu(0);
    cpu = vcpu.cpu();
    gpa = BYTES;
    vcpu.enterGuest();
  }

  /** Gives it back. */
  @TearDown(Level.Trial)
  public void close() {
    vcpu.leaveGuest();
    rig.close();
  }

  /** Goes on to a page that is not mapped; not timed. */
  @Setup(Level.Invocation)
  public void next() {
    gpa += PAGE;
    if (gpa >= BYTES) {
      gpa = 0;
      vcpu.leaveGuest();
      rig.unmapAll();
      vcpu.enterGuest();
    }
  }

  /** What the MMU does: from the exit's handler to the entry in the table. */
  @Benchmark
  public FaultResult handle() {
    FaultResult result = mmu.handleFault(cpu, gpa, FaultCode.WRITE | FaultCode.USER);
    if (result != FaultResult.FIXED) {
      throw new IllegalStateException("a fault that installed nothing: " + result);
    }
    return result;
  }

  /**
   * The whole of it: the walk that fails, the exit, the handler, the entry, the walk again, the
   * store.
   */
  @Benchmark
  public void access() {
    vcpu.writeLong(gpa, gpa);
  }

  /** Nothing: what of a sample is the clock's. */
  @Benchmark
  public long clock() {
    return gpa;
  }
}
