package dev.gnomon.machine.x86;

import dev.gnomon.machine.Mmio;
import dev.gnomon.machine.VirtualMachine;
import dev.gnomon.machine.VmConfig;
import dev.gnomon.machine.memory.HostMemory;
import dev.gnomon.machine.memory.SwapSpace;
import dev.gnomon.machine.processor.TlbConfig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.thread.CpuThreads;
import dev.gnomon.machine.thread.ThreadPlatform;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;

/**
 * A VM with one vCPU that executes machine code, and a board that tests look at. Used by one
 * thread.
 *
 * <p>Ports: 0x10 takes a character, 0x13 a value, 0x14 ends the run, 0x15 makes an external
 * interrupt of a vector pending, 0x16 an NMI.
 */
final class X86Rig implements AutoCloseable {
  /** Where guests of test resources are linked to. */
  static final long GUEST_ADDRESS = 0x1_0000;

  private static final long SPARE_FRAMES = 4096;
  private static final int FLAT = Segment.BIG | Segment.GRANULAR;
  private static final int DATA = Segment.PRESENT | Segment.NON_SYSTEM | 3;

  /** What the guest wrote to port 0x13. */
  final List<Long> values = new ArrayList<>();

  /** What it printed. */
  final StringBuilder text = new StringBuilder();

  /** What was written to MMIO. */
  final List<Long> mmioWrites = new ArrayList<>();

  /** What happens at each write to MMIO. */
  Runnable onMmioWrite = () -> {};

  /** Every IN: port, and size times 65536. */
  final List<Integer> inputs = new ArrayList<>();

  /** What IN gives, by element; when there is nothing left, ones. */
  final List<Long> toRead = new ArrayList<>();

  final X86Cpu cpu;
  final CpuState state;
  final Vcpu vcpu;
  private final HostMemory host;
  private final VirtualMachine vm;
  private int pendingInterrupt = -1;
  private boolean isNmiPending;
  private long time;

  X86Rig(int mebibytes) {
    this(mebibytes, CpuFeatures.all());
  }

  X86Rig(int mebibytes, CpuFeatures features) {
    long bytes = (long) mebibytes << 20;
    host = HostMemory.reserve(PhysicalMemory.pfn(bytes) + SPARE_FRAMES);
    MmuConfig mmu = MmuConfig.of(TdpKind.EPT, 1);
    ThreadPlatform platform =
        new ThreadPlatform(host, mmu.vcpus() + VirtualMachine.HOST_CPUS, true);
    VmConfig config = new VmConfig(mmu, bytes, 1, TlbConfig.DEFAULT);
    vm = new VirtualMachine(new CpuThreads(platform), SwapSpace.NONE, config, Rules.DEFAULTS);
    TestBoard board = new TestBoard();
    vcpu = vm.newVcpu(0, new PageFaultRaiser(), board);
    state = CpuState.reset();
    cpu = new X86Cpu(vcpu, state, features, board);
  }

  /** Loads a guest of the test resources, NAME.hex, to where it was linked to. */
  X86Rig load(String name) {
    try (InputStream in = X86Rig.class.getResourceAsStream(name + ".hex")) {
      String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      return load(GUEST_ADDRESS, HexFormat.of().parseHex(text.replaceAll("\\s", "")));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Puts bytes into guest memory, as the host does. */
  X86Rig load(long gpa, byte[] bytes) {
    vm.hostSpace().write(vm.hostCpu(0), hva(gpa), bytes, 0, bytes.length);
    return this;
  }

  /** Puts code, in hexadecimal, into guest memory. */
  X86Rig load(long gpa, String code) {
    return load(gpa, HexFormat.of().parseHex(code.replaceAll("\\s", "")));
  }

  /** 8 bytes of guest memory, as the host sees them. */
  long word(long gpa) {
    byte[] bytes = new byte[Long.BYTES];
    vm.hostSpace().read(vm.hostCpu(0), hva(gpa), bytes, 0, bytes.length);
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN).getLong();
  }

  private long hva(long gpa) {
    return (vm.baseHvn() << PhysicalMemory.FRAME_SHIFT) + gpa;
  }

  /** Real mode at an address below 1 MiB, all segments there too. */
  X86Rig startReal(long gpa) {
    for (Segment segment : state.segments) {
      segment.load((int) (gpa >>> 4), gpa, 0xffff, DATA);
    }
    state.rip = 0;
    return this;
  }

  /** 32-bit protected mode with flat segments, without paging. */
  X86Rig startFlat(long gpa) {
    for (Segment segment : state.segments) {
      segment.load(0x10, 0, -1, DATA | FLAT);
    }
    state.segments[CpuState.CS].load(8, 0, -1, DATA | FLAT | Segment.CODE);
    state.cr0 = 0x11;
    state.rip = gpa;
    return this;
  }

  /** Runs until the guest ends, or comes to nothing. */
  StopReason run() {
    return run(1_000_000);
  }

  /** Runs no more than so many instructions. */
  StopReason run(long maxInstructions) {
    cpu.modeChanged();
    return cpu.run(maxInstructions);
  }

  @Override
  public void close() {
    vcpu.shutDown();
    vm.close();
    host.close();
  }

  private final class TestBoard implements Board, Mmio {
    @Override
    public long in(X86Cpu on, int port, int size) {
      inputs.add(port | size << 16);
      long value = toRead.isEmpty() ? -1 : toRead.removeFirst();
      return value & -1L >>> Long.SIZE - 8 * size;
    }

    @Override
    public void out(X86Cpu on, int port, int size, long value) {
      switch (port) {
        case 0x10 -> text.append((char) value);
        case 0x13 -> values.add(value);
        case 0x14 -> on.stop();
        case 0x15 -> {
          pendingInterrupt = (int) value & 0xff;
          on.noteEvent();
        }
        case 0x16 -> {
          isNmiPending = true;
          on.noteEvent();
        }
        default -> throw new AssertionError("OUT to port " + Integer.toHexString(port));
      }
    }

    @Override
    public long mmioRead(X86Cpu on, long gpa, int size) {
      return -1L >>> Long.SIZE - 8 * size;
    }

    @Override
    public void mmioWrite(X86Cpu on, long gpa, int size, long value) {
      mmioWrites.add(value & -1L >>> Long.SIZE - 8 * size);
      onMmioWrite.run();
    }

    @Override
    public long read(Cpu on, long gpa, int size) {
      return mmioRead(cpu, gpa, size);
    }

    @Override
    public void write(Cpu on, long gpa, int size, long value) {
      mmioWrite(cpu, gpa, size, value);
    }

    @Override
    public int nextInterrupt(X86Cpu on) {
      if (isNmiPending && !on.isNmiBlocked()) {
        isNmiPending = false;
        return GuestException.NMI;
      }
      int vector = on.isInterruptible() ? pendingInterrupt : -1;
      if (vector >= 0) {
        pendingInterrupt = -1;
      }
      return vector;
    }

    @Override
    public boolean halt(X86Cpu on) {
      return pendingInterrupt >= 0 || isNmiPending;
    }

    @Override
    public long timestampCounter(X86Cpu on) {
      return time++;
    }
  }
}
