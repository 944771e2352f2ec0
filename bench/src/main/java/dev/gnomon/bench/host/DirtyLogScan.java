package dev.gnomon.bench.host;

import dev.gnomon.bench.rig.Jvm;
import dev.gnomon.bench.rig.Rig;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.dirty.DirtyLog;
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
 * One round of the dirty log of 4 GiB in 4 KiB pages, all of them mapped, one in a hundred written
 * since the last round, anywhere: get the bitmaps, clear them, protect the pages again, request the
 * flush. The vCPU is outside the guest.
 *
 * <p>With manual protect get and clear are two calls for each slot, else one. Needs 5 GiB of
 * memory.
 */
@State(Scope.Benchmark)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 30)
@Measurement(iterations = 30)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class DirtyLogScan {
  private static final long BYTES = 4L << 30;
  private static final long PAGES = BYTES / 4096;
  private static final long DIRTY = PAGES / 100;

  /** Odd, so that multiples differ modulo a power of two; else of no account. */
  private static final long STEP = 0x9e37_79b9_7f4a_7c15L;

  /** Whether a get leaves the bits for a clear to take. */
  @Param({"false", "true"})
  public boolean manualProtect;

  private Rig rig;
  private long[][] bitmaps;
  private long written;

  /** Maps all memory, and has it logged. */
  @Setup(Level.Trial)
  public void open() {
    MmuConfig config = MmuConfig.of(TdpKind.EPT, 1).withManualProtect(manualProtect, false);
    rig = Rig.ofSmallPages(config, BYTES);
    rig.populate();
    rig.mapAll();
    VirtualMachine vm = rig.vm();
    bitmaps = new long[vm.memorySlots()][];
    for (int slot = 0; slot < bitmaps.length; slot++) {
      vm.mmu().slotChanges().startDirtyLog(rig.hostCpu(), slot);
      bitmaps[slot] = new long[(int) (pages(slot) / Long.SIZE)];
    }
  }

  private long pages(int slot) {
    long low = vm().memoryMap().lowBytes() / 4096;
    return slot == VirtualMachine.LOW_SLOT ? low : PAGES - low;
  }

  private VirtualMachine vm() {
    return rig.vm();
  }

  /** Gives it back. */
  @TearDown(Level.Trial)
  public void close() {
    rig.close();
  }

  /** Has the guest write. */
  @Setup(Level.Invocation)
  public void write() {
    Vcpu vcpu = rig.vcpu(0);
    vcpu.enterGuest();
    for (long i = 0; i < DIRTY; i++) {
      long frame = written++ * STEP & PAGES - 1;
      vcpu.writeLong(vm().memoryMap().gpaOfFrame(frame), i);
    }
    vcpu.leaveGuest();
  }

  /** A round. */
  @Benchmark
  public long getAndClear() {
    DirtyLog log = vm().mmu().dirtyLog();
    long dirty = 0;
    for (int slot = 0; slot < bitmaps.length; slot++) {
      dirty += log.get(rig.hostCpu(), slot, bitmaps[slot]);
      if (manualProtect) {
        log.clear(rig.hostCpu(), slot, 0, pages(slot), bitmaps[slot]);
      }
    }
    if (dirty != DIRTY) {
      throw new IllegalStateException(dirty + " pages dirty, not " + DIRTY);
    }
    return dirty;
  }
}
