package dev.gnomon.bench.shadow;

import dev.gnomon.bench.rig.Jvm;
import dev.gnomon.bench.rig.Rig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.MmuKind;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
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
 * A guest with PCIDs goes to and fro between two address spaces, as the kernel and user tables of
 * one process, by loads of CR3 that keep translations: with the roots of both kept, and with the
 * root cache off.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.SingleShotTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 15)
@Measurement(iterations = 25)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class ContextSwitch {
  /** Switches of a call. */
  public static final int SWITCHES = 20_000;

  private static final long BYTES = 8 << 20;
  private static final long USER = 0x10_0000_0000L;
  private static final long KEEP = ControlBits.CR3_NO_FLUSH;

  /** How many roots are kept beside the current one. */
  @Param({"3", "0"})
  public int previousRoots;

  private Rig rig;
  private Vcpu vcpu;
  private VcpuMmu mmu;
  private Cpu cpu;
  private long first;
  private long second;

  /** Makes the address spaces, and has something mapped in each. */
  @Setup(Level.Trial)
  public void open() {
    MmuConfig config =
        MmuConfig.of(TdpKind.NPT, 1).withMmu(MmuKind.SHADOW).withPreviousRoots(previousRoots);
    rig = Rig.ofSmallPages(config, BYTES);
    rig.populate();
    vcpu = rig.vcpu(0);
    mmu = rig.vm().mmu().vcpu(0);
    cpu = vcpu.cpu();
    vcpu.enterGuest();
    GuestMemory memory = new GuestMemory(vcpu, BYTES);
    first = addressSpace(memory) | 1;
    second = addressSpace(memory) | 2;
    ControlRegisters registers = ControlRegisters.longMode(4, first & -2, false);
    vcpu.load(registers);
    vcpu.control()
        .loadModes(registers.cr0(), registers.cr4() | ControlBits.CR4_PCIDE, registers.efer());
    for (long cr3 : new long[] {first, second}) {
      vcpu.loadCr3(cr3);
      vcpu.writeLong(USER, cr3);
    }
  }

  private static long addressSpace(GuestMemory memory) {
    long top = memory.newTop();
    memory.write(memory.leafEntry(top, USER), memory.take() | GuestMemory.LEAF);
    return top;
  }

  /** Gives it back. */
  @TearDown(Level.Trial)
  public void close() {
    vcpu.leaveGuest();
    rig.close();
  }

  /** The whole of it: the exit, what the MMU does, the entry. */
  @Benchmark
  public void loadCr3() {
    for (int i = 0; i < SWITCHES; i += 2) {
      vcpu.loadCr3(second | KEEP);
      vcpu.loadCr3(first | KEEP);
    }
  }

  /** The same, and in each address space a page is read. */
  @Benchmark
  public long loadCr3AndRead() {
    long sum = 0;
    for (int i = 0; i < SWITCHES; i += 2) {
      vcpu.loadCr3(second | KEEP);
      sum += vcpu.readLong(USER);
      vcpu.loadCr3(first | KEEP);
      sum += vcpu.readLong(USER);
    }
    return sum;
  }

  /** What the MMU does: from the exit's handler to a root that is ready. */
  @Benchmark
  public void mmuPart() {
    vcpu.leaveGuest();
    for (int i = 0; i < SWITCHES; i += 2) {
      go(second);
      go(first);
    }
    vcpu.enterGuest();
  }

  private void go(long cr3) {
    mmu.loadCr3(cpu, cr3, true);
    if (!mmu.hasRoot()) {
      mmu.loadRoot(cpu);
    }
  }
}
