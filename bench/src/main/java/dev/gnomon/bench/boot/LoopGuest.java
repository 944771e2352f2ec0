package dev.gnomon.bench.boot;

import dev.gnomon.bench.rig.Rig;
import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.machine.x86.CpuFeatures;
import dev.gnomon.machine.x86.CpuState;
import dev.gnomon.machine.x86.PageFaultRaiser;
import dev.gnomon.machine.x86.Segment;
import dev.gnomon.machine.x86.StopReason;
import dev.gnomon.machine.x86.X86Cpu;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HexFormat;
import java.util.stream.Collectors;

/**
 * A VM whose vCPUs execute the loops of {@code loops.S}: NPT, 4 KiB pages on the host, the guest in
 * 64-bit mode with 4-level paging and 4 KiB pages. Each vCPU has data, a stack and a page that is
 * remapped of its own; the tables are shared.
 */
final class LoopGuest implements AutoCloseable {
  private static final long MEMORY = 16L << 20;
  private static final long TOP = 0x1000;
  private static final long POINTERS = 0x2000;
  private static final long DIRECTORY = 0x3000;
  private static final long TABLES = 0x4000;
  private static final int MAPPED_PAGES = 1024;
  private static final long GDT = 0x8000;
  private static final long IDT = 0x9000;
  private static final long CODE = 0x1_0000;
  private static final long DATA = 0x10_0000;
  private static final long STACKS = 0x18_0000;
  private static final long REMAPPED = 0x20_0000;
  private static final long FRAMES = 0x30_0000;

  /** Between what belongs to one vCPU and to the next. */
  private static final long APART = 0x4_0000;

  private static final long TABLE_ENTRY = 7;
  private static final long PAGE_ENTRY = 0x67;
  private static final long CODE_DESCRIPTOR = 0x00af_9b00_0000_ffffL;
  private static final long DATA_DESCRIPTOR = 0x00cf_9300_0000_ffffL;
  private static final int PAGE_FAULT = 14;
  private static final int CODE_ATTRIBUTES = 0xa9b;
  private static final int DATA_ATTRIBUTES = 0xc93;

  private final Rig rig;
  private final X86Cpu[] cpus;

  /** Makes the guest; every vCPU is about to execute the loop at an offset of the code. */
  LoopGuest(int vcpus, long loop, long handler) {
    MmuConfig mmu = MmuConfig.of(TdpKind.NPT, vcpus);
    rig = new Rig(mmu, MEMORY, 1, Rules.DEFAULTS, PageFaultRaiser::new);
    rig.populate();
    Vcpu writer = rig.vcpu(0);
    writer.enterGuest();
    writeTables(writer);
    writeCode(writer, handler);
    writer.leaveGuest();
    cpus = new X86Cpu[vcpus];
    for (int i = 0; i < vcpus; i++) {
      cpus[i] = newCpu(rig.vcpu(i), loop);
    }
  }

  private static void writeTables(Vcpu writer) {
    writer.writeLong(TOP, POINTERS | TABLE_ENTRY);
    writer.writeLong(POINTERS, DIRECTORY | TABLE_ENTRY);
    for (int i = 0; i < MAPPED_PAGES / 512; i++) {
      writer.writeLong(DIRECTORY + 8L * i, TABLES + 4096L * i | TABLE_ENTRY);
    }
    for (long page = 0; page < MAPPED_PAGES; page++) {
      writer.writeLong(TABLES + 8 * page, page << 12 | PAGE_ENTRY);
    }
  }

  private static void writeCode(Vcpu writer, long handler) {
    writer.writeLong(GDT + 8, CODE_DESCRIPTOR);
    writer.writeLong(GDT + 16, DATA_DESCRIPTOR);
    long entry = CODE + handler;
    long gate = entry & 0xffff | 8L << 16 | 0x8e00L << 32 | entry >>> 16 << 48;
    writer.writeLong(IDT + 16 * PAGE_FAULT, gate);
    byte[] code = code();
    for (int i = 0; i < code.length; i++) {
      writer.write(CODE + i, 1, code[i]);
    }
  }

  private static byte[] code() {
    try (InputStream in = LoopGuest.class.getResourceAsStream("loops.hex")) {
      if (in == null) {
        throw new IllegalStateException("loops.hex is missing");
      }
      String text = new String(in.readAllBytes(), StandardCharsets.US_ASCII);
      return HexFormat.of()
          .parseHex(
              text.lines()
                  .filter(line -> !line.startsWith("#"))
                  .collect(Collectors.joining())
                  .replace(" ", ""));
    } catch (IOException e) {
      throw new UncheckedIOException("loops.hex", e);
    }
  }

  private static X86Cpu newCpu(Vcpu vcpu, long loop) {
    long own = vcpu.index() * APART;
    ControlRegisters registers = ControlRegisters.longMode(4, TOP, false);
    vcpu.load(registers);
    CpuState state = CpuState.reset();
    state.cr0 = registers.cr0();
    state.cr3 = registers.cr3();
    state.cr4 = registers.cr4();
    state.efer = registers.efer();
    for (Segment segment : state.segments) {
      segment.load(16, 0, -1, DATA_ATTRIBUTES);
    }
    state.segments[CpuState.CS].load(8, 0, -1, CODE_ATTRIBUTES);
    state.gdtr.load(GDT, 0xfff);
    state.idtr.load(IDT, 0xfff);
    state.rip = CODE + loop;
    state.gpr[CpuState.RSP] = STACKS + own + 0x1000;
    state.gpr[CpuState.RSI] = DATA + own;
    long frame = FRAMES + own;
    state.gpr[12] = TABLES + (REMAPPED + own >>> 12) * 8;
    state.gpr[13] = frame | PAGE_ENTRY;
    state.gpr[14] = 0x1000;
    state.gpr[15] = REMAPPED + own;
    return new X86Cpu(vcpu, state, CpuFeatures.all(), new NoBoard());
  }

  /** Has each vCPU get ready to execute so many instructions. */
  void prepare(long instructions) {
    rig.prepare(cpus.length, vcpu -> run(cpus[vcpu.index()], instructions));
  }

  private static void run(X86Cpu cpu, long instructions) {
    StopReason reason = cpu.run(instructions);
    if (reason != StopReason.COUNT) {
      throw new IllegalStateException("the loop ended: " + reason);
    }
  }

  /** Has them execute. */
  void go() {
    rig.go();
  }

  @Override
  public void close() {
    rig.close();
  }
}
