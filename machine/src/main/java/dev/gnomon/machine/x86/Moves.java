package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import java.util.function.BiConsumer;

/** MOV, MOVZX, MOVSX and MOVSXD, LEA, CMOVcc, SETcc, XLAT, BSWAP. */
final class Moves {
  private Moves() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.MOV, Moves::move);
    into.accept(Mnemonic.MOVZX, i -> extend(i, false));
    into.accept(Mnemonic.MOVSX, i -> extend(i, true));
    into.accept(Mnemonic.LEA, Lea::new);
    into.accept(Mnemonic.CMOV, ConditionalMove::new);
    into.accept(Mnemonic.SETCC, SetCondition::new);
    into.accept(Mnemonic.XLAT, Translate::new);
    into.accept(Mnemonic.BSWAP, Swap::new);
  }

  private static int number(Operand register) {
    return ((Operand.Register) register).number();
  }

  private static Operation move(Instruction i) {
    Operand to = i.operand(0);
    Operand from = i.operand(1);
    if (BinaryOperations.isGeneral(to)) {
      Width width = Width.of(to.size());
      if (BinaryOperations.isGeneral(from)) {
        return new RegisterRegister(number(to), number(from), width);
      }
      if (from instanceof Operand.Immediate constant) {
        return new RegisterConstant(number(to), constant.value(), width);
      }
      if (from instanceof Operand.Memory m) {
        return new Load(i, number(to), m);
      }
    }
    if (to instanceof Operand.Memory m) {
      if (BinaryOperations.isGeneral(from)) {
        return new Store(i, m, number(from));
      }
      if (from instanceof Operand.Immediate constant) {
        return new StoreConstant(i, m, constant.value());
      }
    }
    return new Places(Place.of(i, 0), Place.of(i, 1));
  }

  private static Operation extend(Instruction i, boolean isSigned) {
    Operand to = i.operand(0);
    Operand from = i.operand(1);
    Width narrow = Width.of(from.size());
    if (from instanceof Operand.Memory m) {
      return new ExtendMemory(i, number(to), m, Width.of(to.size()), isSigned);
    }
    if (BinaryOperations.isGeneral(from)) {
      return new ExtendRegister(number(to), number(from), narrow, Width.of(to.size()), isSigned);
    }
    return new ExtendPlace(number(to), Place.of(i, 1), narrow, Width.of(to.size()), isSigned);
  }

  private static final class RegisterRegister extends Operation {
    private final int to;
    private final int from;
    private final long mask;
    private final long kept;

    RegisterRegister(int to, int from, Width width) {
      this.to = to;
      this.from = from;
      mask = width.mask();
      kept = width.kept();
    }

    @Override
    void execute(X86Cpu cpu) {
      long[] gpr = cpu.state().gpr;
      gpr[to] = gpr[to] & kept | gpr[from] & mask;
    }
  }

  private static final class RegisterConstant extends Operation {
    private final int to;
    private final long constant;
    private final long kept;

    RegisterConstant(int to, long constant, Width width) {
      this.to = to;
      this.constant = constant & width.mask();
      kept = width.kept();
    }

    @Override
    void execute(X86Cpu cpu) {
      long[] gpr = cpu.state().gpr;
      gpr[to] = gpr[to] & kept | constant;
    }
  }

  private static final class Load extends Operation {
    private final int to;
    private final Address from;
    private final int size;
    private final long kept;

    Load(Instruction i, int to, Operand.Memory from) {
      this.to = to;
      this.from = new Address(i, from);
      size = from.size();
      kept = Width.of(size).kept();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long value = cpu.readMemory(from.segment, from.offset(s), size);
      s.gpr[to] = s.gpr[to] & kept | value;
    }
  }

  private static final class Store extends Operation {
    private final Address to;
    private final int from;
    private final int size;

    Store(Instruction i, Operand.Memory to, int from) {
      this.to = new Address(i, to);
      this.from = from;
      size = to.size();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      cpu.writeMemory(to.segment, to.offset(s), size, s.gpr[from]);
    }
  }

  private static final class StoreConstant extends Operation {
    private final Address to;
    private final long constant;
    private final int size;

    StoreConstant(Instruction i, Operand.Memory to, long constant) {
      this.to = new Address(i, to);
      this.constant = constant;
      size = to.size();
    }

    @Override
    void execute(X86Cpu cpu) {
      cpu.writeMemory(to.segment, to.offset(cpu.state()), size, constant);
    }
  }

  /** With AH, CH, DH or BH. */
  private static final class Places extends Operation {
    private final Place to;
    private final Place from;

    Places(Place to, Place from) {
      this.to = to;
      this.from = from;
    }

    @Override
    void execute(X86Cpu cpu) {
      to.write(cpu, from.read(cpu));
    }
  }

  private static final class ExtendRegister extends Operation {
    private final int to;
    private final int from;
    private final int shift;
    private final boolean isSigned;
    private final long mask;
    private final long kept;

    ExtendRegister(int to, int from, Width narrow, Width wide, boolean isSigned) {
      this.to = to;
      this.from = from;
      this.isSigned = isSigned;
      shift = narrow.shift();
      mask = wide.mask();
      kept = wide.kept();
    }

    @Override
    void execute(X86Cpu cpu) {
      long[] gpr = cpu.state().gpr;
      long high = gpr[from] << shift;
      long value = isSigned ? high >> shift : high >>> shift;
      gpr[to] = gpr[to] & kept | value & mask;
    }
  }

  private static final class ExtendMemory extends Operation {
    private final int to;
    private final Address from;
    private final int size;
    private final int shift;
    private final boolean isSigned;
    private final long mask;
    private final long kept;

    ExtendMemory(Instruction i, int to, Operand.Memory from, Width wide, boolean isSigned) {
      this.to = to;
      this.from = new Address(i, from);
      this.isSigned = isSigned;
      size = from.size();
      shift = Width.of(size).shift();
      mask = wide.mask();
      kept = wide.kept();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long read = cpu.readMemory(from.segment, from.offset(s), size);
      long value = isSigned ? read << shift >> shift : read;
      s.gpr[to] = s.gpr[to] & kept | value & mask;
    }
  }

  private static final class ExtendPlace extends Operation {
    private final int to;
    private final Place from;
    private final Width narrow;
    private final Width wide;
    private final boolean isSigned;

    ExtendPlace(int to, Place from, Width narrow, Width wide, boolean isSigned) {
      this.to = to;
      this.from = from;
      this.narrow = narrow;
      this.wide = wide;
      this.isSigned = isSigned;
    }

    @Override
    void execute(X86Cpu cpu) {
      long value = from.read(cpu);
      cpu.state().write(to, wide.bytes(), isSigned ? narrow.signed(value) : value);
    }
  }

  private static final class Lea extends Operation {
    private final int to;
    private final Address from;
    private final long mask;
    private final long kept;

    Lea(Instruction i) {
      to = number(i.operand(0));
      from = new Address(i, (Operand.Memory) i.operand(1));
      Width width = Width.of(i.operand(0).size());
      mask = width.mask();
      kept = width.kept();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      s.gpr[to] = s.gpr[to] & kept | from.offset(s) & mask;
    }
  }

  /** Reads its source, and clears the upper half of a register of 4 bytes, in any case. */
  private static final class ConditionalMove extends Operation {
    private final int to;
    private final Place from;
    private final int condition;

    ConditionalMove(Instruction i) {
      to = number(i.operand(0));
      from = Place.of(i, 1);
      condition = i.opcode() & 0xf;
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long value = from.read(cpu);
      s.write(to, from.size, Flags.test(s, condition) ? value : s.gpr[to]);
    }
  }

  private static final class SetCondition extends Operation {
    private final Place to;
    private final int condition;

    SetCondition(Instruction i) {
      to = Place.of(i, 0);
      condition = i.opcode() & 0xf;
    }

    @Override
    void execute(X86Cpu cpu) {
      to.write(cpu, Flags.test(cpu.state(), condition) ? 1 : 0);
    }
  }

  private static final class Translate extends Operation {
    private final int segment;
    private final long mask;

    Translate(Instruction i) {
      segment = i.segmentOverride() >= 0 ? i.segmentOverride() : CpuState.DS;
      mask = Width.of(i.addressSize()).mask();
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState s = cpu.state();
      long offset = s.gpr[CpuState.RBX] + (s.gpr[CpuState.RAX] & 0xff) & mask;
      s.write(CpuState.RAX, 1, cpu.readMemory(segment, offset, 1));
    }
  }

  /** Of 2 bytes it is undefined; processors give 0. */
  private static final class Swap extends Operation {
    private final int number;
    private final int size;

    Swap(Instruction i) {
      number = number(i.operand(0));
      size = i.operand(0).size();
    }

    @Override
    void execute(X86Cpu cpu) {
      long swapped = Long.reverseBytes(cpu.state().gpr[number]);
      cpu.state().write(number, size, size == 8 ? swapped : size == 4 ? swapped >>> 32 : 0);
    }
  }
}
