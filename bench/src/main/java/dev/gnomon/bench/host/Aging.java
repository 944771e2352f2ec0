package dev.gnomon.bench.host;

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
 * What it costs to learn which pages a guest uses: with A/D bits the processor sets A again by
 * itself; with access tracking every page that is used again faults. {@link #BYTES} in 4 KiB pages,
 * all of them used.
 */
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 20)
@Measurement(iterations = 20)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class Aging {
  /** Memory that is aged. */
  public static final long BYTES = 256L << 20;

  /** A VM with all its memory mapped. */
  @State(Scope.Benchmark)
  public static class Machine {
    /** Whether the processor has A/D bits. */
    @Param({"true", "false"})
    public boolean accessedDirty;

    private Rig rig;

    /** Maps it. */
    @Setup(Level.Trial)
    public void open() {
      MmuConfig config = MmuConfig.of(TdpKind.EPT, 1).withAccessedDirty(accessedDirty);
      rig = Rig.ofSmallPages(config, BYTES);
      rig.populate();
      rig.mapAll();
    }

    /** Gives it back. */
    @TearDown(Level.Trial)
    public void close() {
      rig.close();
    }

    void readAll() {
      Vcpu vcpu = rig.vcpu(0);
      vcpu.enterGuest();
      for (long gpa = 0; gpa < BYTES; gpa += 4096) {
        vcpu.readLong(gpa);
      }
      vcpu.leaveGuest();
    }

    boolean age() {
      long first = rig.vm().baseHvn();
      return rig.vm().mmu().notifier().clearYoung(rig.hostCpu(), first, first + BYTES / 4096);
    }

    /** Else the processor would not walk, and no page would look used. */
    void flush() {
      rig.vm().mmu().notifier().flush(rig.hostCpu());
    }
  }

  /** Pages that have been used. */
  @State(Scope.Benchmark)
  public static class Used {
    /** Uses them. */
    @Setup(Level.Invocation)
    public void use(Machine machine) {
      machine.flush();
      machine.readAll();
    }
  }

  /** Pages that have been aged. */
  @State(Scope.Benchmark)
  public static class Aged {
    /** Ages them. */
    @Setup(Level.Invocation)
    public void age(Machine machine) {
      machine.age();
      machine.flush();
    }
  }

  /** The host ages every page. */
  @Benchmark
  public boolean age(Machine machine, Used used) {
    if (!machine.age()) {
      throw new IllegalStateException("no page was used");
    }
    return true;
  }

  /** The guest uses every page again. */
  @Benchmark
  public void useAgain(Machine machine, Aged aged) {
    machine.readAll();
  }
}
