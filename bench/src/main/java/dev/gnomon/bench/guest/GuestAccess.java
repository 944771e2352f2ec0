package dev.gnomon.bench.guest;

import dev.gnomon.bench.rig.Jvm;
import dev.gnomon.bench.rig.Rig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
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
 * What a guest's loads and stores cost when the TLB knows their pages: the poll for requests, the
 * lookup, the access. Against the same loads and stores, with the same ordering, of a {@link
 * MemorySegment}.
 *
 * <p>{@link #ACCESSES} of aligned 8-byte words of 1 MiB, three loads to a store; in one order or
 * the next word a step, or one that jumps about and comes to every word. A sample is a whole sweep,
 * short enough that the median knows nothing of threads that take the core away.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 3, time = 1)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class GuestAccess {
  /** Accesses of one sweep. */
  public static final int ACCESSES = 16_384;

  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final long BYTES = 1 << 20;
  private static final long INDEX_MASK = BYTES / 8 - 1;

  /** With an odd addend, a multiplier of 1 modulo 4 comes to every index before it repeats one. */
  private static final long MULTIPLIER = 1_664_525;

  private static final long ADDEND = 1_013_904_223;

  private Rig rig;
  private Vcpu vcpu;
  private Arena arena;
  private MemorySegment segment;
  private long gpa;
  private long index;

  /** Maps the memory, and touches it. */
  @Setup(Level.Trial)
  public void open() {
    rig = Rig.ofSmallPages(MmuConfig.of(TdpKind.EPT, 1), 8 * BYTES);
    vcpu = rig.vcpu(0);
    vcpu.enterGuest();
    gpa = 2 * BYTES;
    arena = Arena.ofShared();
    segment = arena.allocate(BYTES, 4096);
    for (long offset = 0; offset < BYTES; offset += 8) {
      vcpu.writeLong(gpa + offset, offset);
      LONG.set(segment, offset, offset);
    }
  }

  /** Gives it back. */
  @TearDown(Level.Trial)
  public void close() {
    if (vcpu.tlbMisses() > 2 * BYTES / 4096) {
      throw new IllegalStateException(vcpu.tlbMisses() + " TLB misses: these were no hits");
    }
    vcpu.leaveGuest();
    rig.close();
    arena.close();
  }

  /** A vCPU, jumping. */
  @Benchmark
  public long guestRandom() {
    Vcpu guest = vcpu;
    long base = gpa;
    long at = index;
    long sum = 0;
    for (int i = 0; i < ACCESSES; i += 4) {
      at = at * MULTIPLIER + ADDEND;
      sum += guest.readLong(base + ((at & INDEX_MASK) << 3));
      at = at * MULTIPLIER + ADDEND;
      sum += guest.readLong(base + ((at & INDEX_MASK) << 3));
      at = at * MULTIPLIER + ADDEND;
      sum += guest.readLong(base + ((at & INDEX_MASK) << 3));
      at = at * MULTIPLIER + ADDEND;
      guest.writeLong(base + ((at & INDEX_MASK) << 3), sum);
    }
    index = at;
    return sum;
  }

  /** A segment, jumping. */
  @Benchmark
  public long segmentRandom() {
    MemorySegment memory = segment;
    long at = index;
    long sum = 0;
    for (int i = 0; i < ACCESSES; i += 4) {
      at = at * MULTIPLIER + ADDEND;
      sum += (long) LONG.getAcquire(memory, (at & INDEX_MASK) << 3);
      at = at * MULTIPLIER + ADDEND;
      sum += (long) LONG.getAcquire(memory, (at & INDEX_MASK) << 3);
      at = at * MULTIPLIER + ADDEND;
      sum += (long) LONG.getAcquire(memory, (at & INDEX_MASK) << 3);
      at = at * MULTIPLIER + ADDEND;
      LONG.setRelease(memory, (at & INDEX_MASK) << 3, sum);
    }
    index = at;
    return sum;
  }

  /** A vCPU, word by word. */
  @Benchmark
  public long guestSequential() {
    Vcpu guest = vcpu;
    long base = gpa;
    long at = index;
    long sum = 0;
    for (int i = 0; i < ACCESSES; i += 4) {
      long gpa = base + ((at & INDEX_MASK) << 3);
      sum += guest.readLong(gpa);
      sum += guest.readLong(gpa + 8);
      sum += guest.readLong(gpa + 16);
      guest.writeLong(gpa + 24, sum);
      at += 4;
    }
    index = at;
    return sum;
  }

  /** A segment, word by word. */
  @Benchmark
  public long segmentSequential() {
    MemorySegment memory = segment;
    long at = index;
    long sum = 0;
    for (int i = 0; i < ACCESSES; i += 4) {
      long offset = (at & INDEX_MASK) << 3;
      sum += (long) LONG.getAcquire(memory, offset);
      sum += (long) LONG.getAcquire(memory, offset + 8);
      sum += (long) LONG.getAcquire(memory, offset + 16);
      LONG.setRelease(memory, offset + 24, sum);
      at += 4;
    }
    index = at;
    return sum;
  }
}
