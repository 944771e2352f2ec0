package dev.gnomon.bench.shadow;

import dev.gnomon.bench.rig.Jvm;
import dev.gnomon.bench.rig.Rig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.FaultCode;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
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
 * A fault of the shadow MMU on a guest with 4-level tables: the guest's tables and the shadow pages
 * are there, the host has touched the frame, one vCPU.
 *
 * <p>A fault maps its page, and prefetches those of its aligned group of eight that the guest's
 * table maps. In one range of addresses that is all of them, in the other only the page itself; in
 * both, one page of each group is written. Then, outside what is timed, the host unmaps all. A
 * sample is one fault, and the clock's own time.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class ShadowedFault {
  private static final long BYTES = 128 << 20;
  private static final long MAPPED = 64 << 20;
  private static final long GROUP = 8 * GuestMemory.PAGE;

  /** Every page is mapped by the guest, to the upper half of its memory. */
  private static final long DENSE = 0x10_0000_0000L;

  /** The first page of each group is. */
  private static final long SPARSE = 0x20_0000_0000L;

  private Rig rig;
  private Vcpu vcpu;
  private VcpuMmu mmu;
  private Cpu cpu;
  private long offset;

  /** Makes the guest's tables, and has everything mapped once. */
  @Setup(Level.Trial)
  public void open() {
    rig = Rig.ofSmallPages(MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.SHADOW), BYTES);
    rig.populate();
    vcpu = rig.vcpu(0);
    mmu = rig.vm().mmu().vcpu(0);
    cpu = vcpu.cpu();
    vcpu.enterGuest();
    GuestMemory memory = new GuestMemory(vcpu, BYTES);
    long top = memory.newTop();
    for (long at = 0; at < MAPPED; at += GuestMemory.PAGE) {
      long leaf = BYTES - MAPPED + at | GuestMemory.LEAF;
      memory.write(memory.leafEntry(top, DENSE + at), leaf);
      if (at % GROUP == 0) {
        memory.write(memory.leafEntry(top, SPARSE + at), leaf);
      }
    }
    vcpu.load(ControlRegisters.longMode(4, top, false));
    for (long at = 0; at < MAPPED; at += GROUP) {
      vcpu.writeLong(DENSE + at, at);
      vcpu.writeLong(SPARSE + at, at);
    }
    offset = MAPPED;
  }

  /** Gives it back. */
  @TearDown(Level.Trial)
  public void close() {
    vcpu.leaveGuest();
    rig.close();
  }

  /** Goes on to a group that is not mapped; not timed. */
  @Setup(Level.Invocation)
  public void next() {
    offset += GROUP;
    if (offset >= MAPPED) {
      offset = 0;
      vcpu.leaveGuest();
      rig.unmapAll();
      vcpu.enterGuest();
    }
  }

  /** What the MMU does, with the prefetch of seven neighbours. */
  @Benchmark
  public FaultResult handle() {
    return handle(DENSE + offset);
  }

  /** What the MMU does, with no neighbour to prefetch. */
  @Benchmark
  public FaultResult handleAlone() {
    return handle(SPARSE + offset);
  }

  private FaultResult handle(long gva) {
    FaultResult result = mmu.handleFault(cpu, gva, FaultCode.WRITE);
    if (result != FaultResult.FIXED) {
      throw new IllegalStateException("a fault that installed nothing: " + result);
    }
    return result;
  }

  /**
   * The whole of it, with the prefetch: the walk that fails, the exit, the handler, the entry, the
   * walk again, the store.
   */
  @Benchmark
  public void access() {
    vcpu.writeLong(DENSE + offset, offset);
  }

  /** The same with no neighbour to prefetch. */
  @Benchmark
  public void accessAlone() {
    vcpu.writeLong(SPARSE + offset, offset);
  }
}
