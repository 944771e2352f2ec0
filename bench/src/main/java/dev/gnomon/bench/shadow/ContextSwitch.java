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
@BenchmarkMode(Mode.SampleTime)
@OutputTimeUnit(TimeUnit.MICROSECONDS)
@Warmup(iterations = 5, time = 1)
@Measurement(iterations = 5, time = 1)
@Fork(
    value = 1,
    jvmArgs = {Jvm.NATIVE_ACCESS, Jvm.UNSAFE_ACCESS, Jvm.COLLECTOR})
public class ContextSwitch {
  /** Switches of a call. */
  public static final int SWITCHES = 1000;

  private static final long BYTES = 8 << 20;
  private static final long USER = 0x10_0000_0000L;
  private static final int PAGES = 64;
  private static final long SOFTWARE_BIT = 1 << 9;
  private static final long KEEP = ControlBits.CR3_NO_FLUSH;

  /** How many roots are kept beside the current one. */
  @Param({"3", "0"})
  public int previousRoots;

  private Rig rig;
  private Vcpu vcpu;
  private VcpuMmu mmu;
  private Cpu cpu;
  private GuestMemory memory;
  private long first;
  private long second;

  /** Where the one level-1 table of each address space lies. */
  private long tableOfFirst;

  private long tableOfSecond;

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
    memory = new GuestMemory(vcpu, BYTES);
    first = addressSpace() | 1;
    second = addressSpace() | 2;
    tableOfFirst = memory.leafEntry(first & -GuestMemory.PAGE, USER);
    tableOfSecond = memory.leafEntry(second & -GuestMemory.PAGE, USER);
    ControlRegisters registers = ControlRegisters.longMode(4, first & -2, false);
    vcpu.load(registers);
    vcpu.control()
        .loadModes(registers.cr0(), registers.cr4() | ControlBits.CR4_PCIDE, registers.efer());
    memory.useLinearMap();
    for (long cr3 : new long[] {first, second}) {
      vcpu.loadCr3(cr3);
      vcpu.writeLong(USER, cr3);
    }
  }

  private long addressSpace() {
    long top = memory.newTop();
    for (int page = 0; page < PAGES; page++) {
      long at = memory.leafEntry(top, USER + page * GuestMemory.PAGE);
      memory.write(at, memory.take() | GuestMemory.LEAF);
    }
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

  /**
   * The same, and after each switch the kernel changes an entry of the level-1 table of the address
   * space: a bit that is software's own, so that nothing needs a flush.
   */
  @Benchmark
  public void loadCr3AndChangeTable() {
    for (int i = 0; i < SWITCHES; i += 2) {
      vcpu.loadCr3(second | KEEP);
      change(tableOfSecond, i);
      vcpu.loadCr3(first | KEEP);
      change(tableOfFirst, i);
    }
  }

  private void change(long table, int i) {
    long at = table + 8L * (i % PAGES);
    memory.write(at, memory.read(at) ^ SOFTWARE_BIT);
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
