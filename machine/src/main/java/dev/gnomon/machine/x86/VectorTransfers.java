package dev.gnomon.machine.x86;

import static dev.gnomon.machine.x86.decode.Mnemonic.*;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import dev.gnomon.machine.x86.decode.RegisterFile;
import dev.gnomon.machine.x86.vector.Packed;
import java.util.function.BiConsumer;

/** Moves of parts of vectors: to and from general registers, memory and other vectors. */
final class VectorTransfers {
  private VectorTransfers() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(MOVD, VectorTransfers::makeZeroing);
    into.accept(MOVQ, VectorTransfers::makeZeroing);
    into.accept(MOVSD, instruction -> makeMerging(instruction, -1L));
    into.accept(MOVSS, instruction -> makeMerging(instruction, 0xffff_ffffL));
    for (Mnemonic low : new Mnemonic[] {MOVLPS, MOVLPD}) {
      into.accept(low, instruction -> makeHalf(instruction, 0, 0));
    }
    for (Mnemonic high : new Mnemonic[] {MOVHPS, MOVHPD}) {
      into.accept(high, instruction -> makeHalf(instruction, 1, 1));
    }
    into.accept(MOVHLPS, instruction -> makeHalf(instruction, 0, 1));
    into.accept(MOVLHPS, instruction -> makeHalf(instruction, 1, 0));
    into.accept(MOVNTI, StoreGeneral::new);
    into.accept(MOVMSKPS, instruction -> new Signs(instruction, VectorTransfers::signsOfSingles));
    into.accept(MOVMSKPD, instruction -> new Signs(instruction, VectorTransfers::signsOfDoubles));
    into.accept(PMOVMSKB, instruction -> new Signs(instruction, VectorTransfers::signsOfBytes));
    into.accept(PEXTRW, ExtractWord::new);
    into.accept(PINSRW, InsertWord::new);
    into.accept(MASKMOVDQU, MaskedStore::new);
  }

  private static boolean isVector(Instruction instruction, int operand) {
    return instruction.operand(operand) instanceof Operand.Register register
        && register.file() == RegisterFile.XMM;
  }

  /** MOVD, MOVQ: a vector that is loaded becomes zero above. */
  private static Operation makeZeroing(Instruction instruction) {
    if (!isVector(instruction, 0)) {
      return new StorePart(instruction, 0);
    }
    return isVector(instruction, 1)
        ? new Merge(instruction, 0, 0, -1L, true)
        : new LoadPart(instruction, 0, true);
  }

  /** MOVSS, MOVSD: zero above if loaded from memory, the old value if from a vector. */
  private static Operation makeMerging(Instruction instruction, long mask) {
    if (!isVector(instruction, 0)) {
      return new StorePart(instruction, 0);
    }
    return isVector(instruction, 1)
        ? new Merge(instruction, 0, 0, mask, false)
        : new LoadPart(instruction, 0, true);
  }

  /** A half to or from memory, or to a half of another vector. */
  private static Operation makeHalf(Instruction instruction, int toHalf, int fromHalf) {
    if (!isVector(instruction, 0)) {
      return new StorePart(instruction, fromHalf);
    }
    return isVector(instruction, 1)
        ? new Merge(instruction, toHalf, fromHalf, -1L, false)
        : new LoadPart(instruction, toHalf, false);
  }

  private static int half(Instruction instruction, int operand, int half) {
    return 2 * VectorSource.number(instruction, operand) + half;
  }

  private static final class LoadPart extends Operation {
    private final Place source;
    private final int destination;
    private final boolean clearsRest;

    LoadPart(Instruction instruction, int toHalf, boolean clearsRest) {
      source = Place.of(instruction, 1);
      destination = half(instruction, 0, toHalf);
      this.clearsRest = clearsRest;
    }

    @Override
    void execute(X86Cpu cpu) {
      VectorSource.requireVectors(cpu);
      long value = source.read(cpu);
      long[] xmm = cpu.state().xmm;
      xmm[destination] = value;
      if (clearsRest) {
        xmm[destination + 1] = 0;
      }
    }
  }

  private static final class StorePart extends Operation {
    private final Place destination;
    private final int source;

    StorePart(Instruction instruction, int fromHalf) {
      destination = Place.of(instruction, 0);
      source = half(instruction, 1, fromHalf);
    }

    @Override
    void execute(X86Cpu cpu) {
      VectorSource.requireVectors(cpu);
      destination.write(cpu, cpu.state().xmm[source]);
    }
  }

  private static final class Merge extends Operation {
    private final int destination;
    private final int source;
    private final long mask;
    private final boolean clearsRest;

    Merge(Instruction instruction, int toHalf, int fromHalf, long mask, boolean clearsRest) {
      destination = half(instruction, 0, toHalf);
      source = half(instruction, 1, fromHalf);
      this.mask = mask;
      this.clearsRest = clearsRest;
    }

    @Override
    void execute(X86Cpu cpu) {
      VectorSource.requireVectors(cpu);
      long[] xmm = cpu.state().xmm;
      xmm[destination] = xmm[destination] & ~mask | xmm[source] & mask;
      if (clearsRest) {
        xmm[destination + 1] = 0;
      }
    }
  }

  /** MOVNTI: a store of a general register. */
  private static final class StoreGeneral extends Operation {
    private final Place destination;
    private final Place source;

    StoreGeneral(Instruction instruction) {
      destination = Place.of(instruction, 0);
      source = Place.of(instruction, 1);
    }

    @Override
    void execute(X86Cpu cpu) {
      destination.write(cpu, source.read(cpu));
    }
  }

  private static int signsOfSingles(long low, long high) {
    return (int) (low >>> 31 & 1 | low >>> 62 & 2 | high >>> 29 & 4 | high >>> 60 & 8);
  }

  private static int signsOfDoubles(long low, long high) {
    return (int) (low >>> 63 | high >>> 62 & 2);
  }

  private static int signsOfBytes(long low, long high) {
    return Packed.signsOfBytes(low) | Packed.signsOfBytes(high) << 8;
  }

  /** The signs of a vector's lanes as the bits of a number. */
  @FunctionalInterface
  private interface SignFunction {
    int of(long low, long high);
  }

  private static final class Signs extends Operation {
    private final int destination;
    private final int source;
    private final SignFunction function;

    Signs(Instruction instruction, SignFunction function) {
      destination = VectorSource.number(instruction, 0);
      source = half(instruction, 1, 0);
      this.function = function;
    }

    @Override
    void execute(X86Cpu cpu) {
      VectorSource.requireVectors(cpu);
      CpuState state = cpu.state();
      state.gpr[destination] = function.of(state.xmm[source], state.xmm[source + 1]);
    }
  }

  private static final class ExtractWord extends Operation {
    private final int destination;
    private final int source;
    private final int shift;

    ExtractWord(Instruction instruction) {
      int lane = VectorOperations.constant(instruction, 2) & 7;
      destination = VectorSource.number(instruction, 0);
      source = half(instruction, 1, lane >> 2);
      shift = 16 * (lane & 3);
    }

    @Override
    void execute(X86Cpu cpu) {
      VectorSource.requireVectors(cpu);
      CpuState state = cpu.state();
      state.gpr[destination] = state.xmm[source] >>> shift & 0xffff;
    }
  }

  private static final class InsertWord extends Operation {
    private final int destination;
    private final Place source;
    private final int shift;

    InsertWord(Instruction instruction) {
      int lane = VectorOperations.constant(instruction, 2) & 7;
      destination = half(instruction, 0, lane >> 2);
      source = Place.of(instruction, 1);
      shift = 16 * (lane & 3);
    }

    @Override
    void execute(X86Cpu cpu) {
      VectorSource.requireVectors(cpu);
      long word = source.read(cpu) & 0xffff;
      long[] xmm = cpu.state().xmm;
      xmm[destination] = xmm[destination] & ~(0xffffL << shift) | word << shift;
    }
  }

  /** MASKMOVDQU: to DS:rDI, those bytes whose byte of the mask has its top bit set. */
  private static final class MaskedStore extends Operation {
    private final int source;
    private final int mask;
    private final int segment;
    private final int addressSize;

    MaskedStore(Instruction instruction) {
      source = half(instruction, 0, 0);
      mask = half(instruction, 1, 0);
      segment = instruction.segmentOverride() < 0 ? CpuState.DS : instruction.segmentOverride();
      addressSize = instruction.addressSize();
    }

    @Override
    void execute(X86Cpu cpu) {
      VectorSource.requireVectors(cpu);
      CpuState state = cpu.state();
      int bytes = signsOfBytes(state.xmm[mask], state.xmm[mask + 1]);
      if (bytes == 0) {
        return;
      }
      long offset = state.read(CpuState.RDI, addressSize);
      cpu.prepareWrite(segment, offset, 16);
      for (int i = 0; i < 16; i++) {
        if ((bytes >>> i & 1) != 0) {
          cpu.writeMemory(segment, offset + i, 1, state.xmm[source + (i >> 3)] >>> 8 * (i & 7));
        }
      }
    }
  }
}
