package dev.gnomon.bench.host;

import dev.gnomon.bench.rig.Jvm;
import dev.gnomon.bench.rig.Rig;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
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
 * How long a guest of two vCPUs takes to write all its pages again after a round of the dirty log
 * has protected them: with the fast page fault, which sets W without the MMU lock, and without; in
 * the TDP MMU, and with direct roots in the shadow MMU.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 15)
@Measurement(iterations = 20)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class ResumeAfterClear {
  private static final int VCPUS = 2;
  private static final long BYTES = 256L << 20;

  /** Pages that are written again. */
  public static final long PAGES = BYTES / 4096;

  private static final long BYTES_EACH = BYTES / VCPUS;

  /** The value of the rule. */
  @Param({"on", "off"})
  public String fastFault;

  /** The MMU: a {@link MmuKind}. */
  @Param({"TDP", "LEGACY_TDP"})
  public String mmu;

  private Rig rig;
  private long[] bitmap;

  /** Maps all memory, and has it logged. */
  @Setup(Level.Trial)
  public void open() {
    Rules rules = Rules.DEFAULTS.with(Rules.FAST_FAULT, fastFault).orElseThrow();
    MmuConfig config = MmuConfig.of(TdpKind.EPT, VCPUS).withMmu(MmuKind.valueOf(mmu));
    rig = new Rig(config, BYTES, 1, rules);
    rig.populate();
    rig.mapAll();
    rig.vm().mmu().slotChanges().startDirtyLog(rig.hostCpu(), VirtualMachine.LOW_SLOT);
    bitmap = new long[(int) (PAGES / Long.SIZE)];
  }

  /** Gives it back. */
  @TearDown(Level.Trial)
  public void close() {
    rig.close();
  }

  /** A round of the log; and threads made ready. */
  @Setup(Level.Invocation)
  public void protect() {
    rig.vm().mmu().dirtyLog().get(rig.hostCpu(), VirtualMachine.LOW_SLOT, bitmap);
    rig.prepare(VCPUS, ResumeAfterClear::writeHalf);
  }

  /** Each vCPU writes its half. */
  @Benchmark
  public void resume() {
    rig.go();
  }

  private static void writeHalf(Vcpu vcpu) {
    long first = vcpu.index() * BYTES_EACH;
    vcpu.enterGuest();
    for (long gpa = first; gpa < first + BYTES_EACH; gpa += 4096) {
      vcpu.writeLong(gpa, gpa);
    }
    vcpu.leaveGuest();
  }
}
