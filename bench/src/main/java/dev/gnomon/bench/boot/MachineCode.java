package dev.gnomon.bench.boot;

import dev.gnomon.bench.rig.Jvm;
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
 * Machine code, {@link #INSTRUCTIONS} instructions on each vCPU: an integer loop with loads and
 * stores, or one that has a page fault which guest code handles, an INVLPG and a remapped page in
 * every 300 instructions.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 12)
@Measurement(iterations = 12)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class MachineCode {
  /** What each vCPU executes in a call. */
  public static final long INSTRUCTIONS = 10_000_000;

  /** One vCPU and integers. */
  public static final String INTEGERS = "integers";

  /** Two vCPUs that do the same, each on its own data. */
  public static final String INTEGERS_TWICE = "integers-2";

  /** One vCPU that faults. */
  public static final String FAULTS = "faults";

  private static final long INTEGER_LOOP = 0;
  private static final long FAULT_LOOP = 0x40;
  private static final long FAULT_HANDLER = 0x80;

  /** Which loop, on how many vCPUs. */
  @Param({INTEGERS, INTEGERS_TWICE, FAULTS})
  public String loop = INTEGERS;

  private LoopGuest guest;

  /** Puts the guest together. */
  @Setup(Level.Trial)
  public void open() {
    long start = loop.equals(FAULTS) ? FAULT_LOOP : INTEGER_LOOP;
    guest = new LoopGuest(loop.equals(INTEGERS_TWICE) ? 2 : 1, start, FAULT_HANDLER);
  }

  /** Gives it back. */
  @TearDown(Level.Trial)
  public void close() {
    guest.close();
  }

  /** Has threads ready. */
  @Setup(Level.Invocation)
  public void prepare() {
    guest.prepare(INSTRUCTIONS);
  }

  /** All vCPUs from their start to the end of the last. */
  @Benchmark
  public void execute() {
    guest.go();
  }
}
