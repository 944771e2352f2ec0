package dev.gnomon.machine.x86.nativeoracle;

import dev.gnomon.machine.x86.Flags;
import dev.gnomon.machine.x86.decode.Mnemonic;
import java.util.List;

/**
 * Makes programs of one to four instructions, each from a seed. None faults: what an instruction
 * needs for that is prepared in registers and data.
 *
 * <p>Most have one instruction, with any registers. One of several begins with pointers in two
 * registers that it does not change, and with instructions that define what they change, so that
 * flags go from one to the next.
 */
final class ProgramGenerator {
  /** Of a program of several instructions: holds an address in the data. */
  static final int POINTER = Draft.RBX;

  private static final int INDEX_64 = 13;
  private static final int INDEX_32 = Draft.RBP;

  private static final long MXCSR_INITIAL = 0x1f80;
  private static final int LONGEST = 4;

  private final Selection selection;
  private final boolean hasCmpxchg16b;

  ProgramGenerator(Selection selection, HostFeatures host) {
    this.selection = selection;
    hasCmpxchg16b = host.hasCmpxchg16b();
  }

  Selection selection() {
    return selection;
  }

  /** Makes the program of a seed. */
  void generate(long seed, Program program) {
    Values values = new Values(seed);
    do {
      program.clear();
      program.target = values.oneIn(2) ? Program.EARLY_END : Program.LATE_END;
    } while (!tryProgram(values, program));
  }

  /** Of a program of several instructions: the register that holds a small number. */
  static int index(Program program) {
    return program.is64 ? INDEX_64 : INDEX_32;
  }

  private boolean tryProgram(Values values, Program program) {
    boolean in32 = values.oneIn(4) || selection.groups(true).isEmpty();
    program.is64 = !in32 || !selection.has32BitCode();
    prepare(values, program);
    if (!values.oneIn(3)) {
      return add(values, program, pick(values, program), true);
    }
    program.before.gpr[POINTER] = program.arena.data() + Arena.MARGIN + values.below(512);
    program.before.gpr[index(program)] = values.below(32);
    int length = 2 + values.below(LONGEST - 1);
    for (int i = 0; i < length; i++) {
      Encoding encoding = pick(values, program);
      boolean isLast = i == length - 1;
      if (!Company.allows(encoding, isLast) || !add(values, program, encoding, false)) {
        return false;
      }
    }
    return true;
  }

  private Encoding pick(Values values, Program program) {
    List<List<Encoding>> groups = selection.groups(program.is64);
    List<Encoding> group = groups.get(values.below(groups.size()));
    return group.get(values.below(group.size()));
  }

  private static void prepare(Values values, Program program) {
    RegisterState state = program.before;
    for (int i = 0; i < state.gpr.length; i++) {
      long value = values.interesting();
      state.gpr[i] = program.is64 ? value : value & 0xffff_ffffL;
    }
    state.gpr[Draft.RSP] = program.arena.data() + Arena.DATA_BYTES / 2 + values.below(16);
    boolean isRepetitive = values.oneIn(8);
    long word = values.interesting();
    for (int i = 0; i < state.data.length; i++) {
      state.data[i] = isRepetitive ? word : values.any();
    }
    for (int i = 0; i < state.xmm.length; i++) {
      state.xmm[i] = isRepetitive ? word : values.interesting();
    }
    state.rflags = Flags.FIXED | Flags.IF | values.any() & (Flags.ARITHMETIC | Flags.DF);
    state.mxcsr = (int) MXCSR_INITIAL;
    state.rip = program.arena.program() + Program.BEGIN;
  }

  /** Adds an instruction; false if this try came to nothing. */
  private boolean add(Values values, Program program, Encoding encoding, boolean isAlone) {
    Draft draft = new Draft(encoding, program, isAlone);
    draft.pin(Draft.RSP);
    if (!isAlone) {
      draft.pin(POINTER);
      draft.pin(index(program));
    }
    chooseSizes(values, draft);
    chooseRegisters(values, draft);
    Preparation preparation = new Preparation(values, draft);
    if (!preparation.beforeAddress()) {
      return false;
    }
    AddressForms.Encoded memory = null;
    if (draft.isMemory) {
      draft.address = place(values, draft);
      memory = new AddressForms(values).encode(draft);
    } else if (encoding.hasKind('O')) {
      draft.address = place(values, draft);
    }
    if (!preparation.afterAddress() || !isAlone && !Company.keepsPointers(draft)) {
      return false;
    }
    program.comparedFlags &= ~preparation.undefinedFlags();
    program.encodings.add(encoding);
    new Encoder(values).write(draft, memory);
    return true;
  }

  private static long place(Values values, Draft draft) {
    int room = Arena.DATA_BYTES - 2 * Arena.MARGIN;
    int offset = Arena.MARGIN + values.below(room);
    boolean isAligned = draft.isAligned() || draft.isLocked && !values.oneIn(4);
    return draft.program.arena.data() + (isAligned ? offset & -16 : offset);
  }

  private void chooseSizes(Values values, Draft draft) {
    Encoding encoding = draft.encoding;
    boolean takes66 =
        encoding.vexMap() == 0
            && (encoding.prefix() == null
                || !encoding.prefix().equals("NP") && encoding.hasSize("v"));
    draft.operandSize =
        switch (values.below(3)) {
          case 0 -> takes66 && !encoding.is("f64") ? 2 : 4;
          case 1 -> 4;
          default -> draft.is64() ? 8 : 4;
        };
    if (!draft.is64()) {
      // 8 bytes are for 64-bit code.
    } else if (encoding.is("f64") || encoding.is("d64") && draft.operandSize == 4) {
      draft.operandSize = 8;
    }
    if (!encoding.isSized() && !encoding.is("d64") && !encoding.is("f64")) {
      draft.operandSize = 4;
    }
    boolean isWide16 = draft.mnemonic() == Mnemonic.CMPXCHG8B && draft.operandSize != 4;
    if (isWide16) {
      draft.operandSize = hasCmpxchg16b && draft.is64() ? 8 : 4;
    }
    draft.hasRex =
        draft.is64() && encoding.vexMap() == 0 && (draft.operandSize == 8 || values.oneIn(3));
    draft.opcodeVariant =
        encoding.variants() > 1 && !encoding.hasKind('Z') ? values.below(encoding.variants()) : 0;
    draft.constant = values.interesting();
  }

  private static void chooseRegisters(Values values, Draft draft) {
    Encoding encoding = draft.encoding;
    int known = draft.is64() && (draft.hasRex || encoding.vexMap() > 0) ? 16 : 8;
    draft.reg = values.below(known);
    draft.rm = encoding.is("nob") ? values.below(8) : values.below(known);
    // Where it names nothing it must be 0.
    draft.vvvv = encoding.hasKind('B') ? values.below(draft.is64() ? 16 : 8) : 0;
    String rm = encoding.rm();
    if (!rm.isEmpty() && encoding.modrmByte() < 0) {
      boolean mayBeMemory = !encoding.mod().equals("reg") && "RU".indexOf(rm.charAt(0)) < 0;
      boolean mayBeRegister = !encoding.mod().equals("mem") && rm.charAt(0) != 'M';
      draft.isMemory = mayBeMemory && (!mayBeRegister || values.oneIn(2));
    }
    boolean touches = draft.isMemory || encoding.hasKind('X') || encoding.hasKind('Y');
    draft.addressSize = draft.is64() ? 8 : 4;
    if (draft.is64() && (touches || encoding.hasKind('O')) && values.oneIn(8)) {
      draft.addressSize = 4;
    }
    draft.isLocked = draft.isMemory && encoding.is("lock") && values.oneIn(3);
    if (encoding.is("rep") && !values.oneIn(3)) {
      draft.repeat = values.oneIn(2) ? 0xf3 : 0xf2;
    }
  }
}
