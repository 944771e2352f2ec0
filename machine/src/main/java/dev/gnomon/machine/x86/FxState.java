package dev.gnomon.machine.x86;

import static dev.gnomon.machine.x86.decode.Mnemonic.*;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/**
 * MXCSR, and the image of FXSAVE and FXRSTOR (Intel SDM volume 1, section 10.5.1). Of the x87,
 * which is not there, the image shows what FNINIT leaves; what it is given is not kept.
 */
final class FxState {
  /** The bits of MXCSR that exist, DAZ among them. */
  static final long MXCSR_MASK = 0xffff;

  private static final int IMAGE_BYTES = 512;
  private static final int MXCSR_OFFSET = 24;
  private static final int XMM_OFFSET = 160;
  private static final long INITIAL_FCW = 0x37f;

  private FxState() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(LDMXCSR, LoadMxcsr::new);
    into.accept(STMXCSR, StoreMxcsr::new);
    into.accept(FXSAVE, Save::new);
    into.accept(FXRSTOR, Restore::new);
  }

  private static final class LoadMxcsr extends Operation {
    private final Place source;

    LoadMxcsr(Instruction instruction) {
      source = Place.of(instruction, 0);
    }

    @Override
    void execute(X86Cpu cpu) {
      VectorSource.requireVectors(cpu);
      long value = source.read(cpu);
      if ((value & ~MXCSR_MASK) != 0) {
        throw cpu.raise(GuestException.GP, 0);
      }
      cpu.state().mxcsr = (int) value;
    }
  }

  private static final class StoreMxcsr extends Operation {
    private final Place destination;

    StoreMxcsr(Instruction instruction) {
      destination = Place.of(instruction, 0);
    }

    @Override
    void execute(X86Cpu cpu) {
      VectorSource.requireVectors(cpu);
      destination.write(cpu, cpu.state().mxcsr);
    }
  }

  /** XMM8 to XMM15 are there in 64-bit mode only. */
  private static int halves(X86Cpu cpu) {
    return cpu.codeSize() == 8 ? 32 : 16;
  }

  private static long image(X86Cpu cpu, Address address, boolean isWrite) {
    VectorSource.requireFxsave(cpu);
    long linear = cpu.linear(address.segment, address.offset(cpu.state()), IMAGE_BYTES, isWrite);
    if ((linear & 15) != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
    return linear;
  }

  private static final class Save extends Operation {
    private final Address address;

    Save(Instruction instruction) {
      address = new Address(instruction, (Operand.Memory) instruction.operand(0));
    }

    @Override
    void execute(X86Cpu cpu) {
      long linear = image(cpu, address, true);
      cpu.prepareWriteLinear(linear, IMAGE_BYTES);
      CpuState state = cpu.state();
      for (int at = 0; at < XMM_OFFSET; at += 8) {
        cpu.writeLinear(linear + at, 8, 0);
      }
      cpu.writeLinear(linear, 2, INITIAL_FCW);
      cpu.writeLinear(linear + MXCSR_OFFSET, 8, state.mxcsr & 0xffff_ffffL | MXCSR_MASK << 32);
      for (int i = 0; i < halves(cpu); i++) {
        cpu.writeLinear(linear + XMM_OFFSET + 8L * i, 8, state.xmm[i]);
      }
    }
  }

  private static final class Restore extends Operation {
    private final Address address;

    Restore(Instruction instruction) {
      address = new Address(instruction, (Operand.Memory) instruction.operand(0));
    }

    @Override
    void execute(X86Cpu cpu) {
      long linear = image(cpu, address, false);
      long mxcsr = cpu.readLinear(linear + MXCSR_OFFSET, 4);
      if ((mxcsr & ~MXCSR_MASK) != 0) {
        throw cpu.raise(GuestException.GP, 0);
      }
      CpuState state = cpu.state();
      int halves = halves(cpu);
      // A fault on the image's second page comes before any register changes.
      cpu.readLinear(linear + XMM_OFFSET + 8L * (halves - 1), 8);
      for (int i = 0; i < halves; i++) {
        state.xmm[i] = cpu.readLinear(linear + XMM_OFFSET + 8L * i, 8);
      }
      state.mxcsr = (int) mxcsr;
    }
  }
}
