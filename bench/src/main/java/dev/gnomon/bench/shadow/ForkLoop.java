package dev.gnomon.bench.shadow;

import dev.gnomon.bench.rig.Jvm;
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
 * A guest that forks, writes in child and parent, and lets the child exit, under the shadow MMU:
 * with unsync tables, and without, where each write to a level-1 table exits.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class ForkLoop {
  /** Whether tables may be unsync. */
  @Param({"true", "false"})
  public boolean unsync;

  private ForkGuest guest;

  /** Makes the guest. */
  @Setup(Level.Trial)
  public void open() {
    guest = new ForkGuest(MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.SHADOW).withUnsync(unsync));
  }

  /** Gives it back. */
  @TearDown(Level.Trial)
  public void close() {
    guest.close();
  }

  /** A process that is born, writes and exits. */
  @Benchmark
  public void fork() {
    guest.forkOnce();
  }
}
