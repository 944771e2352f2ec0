package dev.gnomon.machine.x86.decode;

import dev.gnomon.machine.x86.decode.TableEntry.Flag;
import dev.gnomon.machine.x86.decode.TableEntry.Form;
import dev.gnomon.machine.x86.decode.TableEntry.OpcodeMap;
import dev.gnomon.machine.x86.decode.TableEntry.Prefix;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * Decodes machine code: prefixes, opcode, ModRM byte, then the operands that the table's entry asks
 * for. Intel SDM vol. 2, chapter 2.
 *
 * <p>Used by one CPU at a time.
 */
public final class Decoder {
  /** The most that an instruction may have. */
  public static final int MAX_LENGTH = 15;

  private final InstructionTable table = InstructionTable.all();
  private final CodeReader code = new CodeReader();
  private final ModRm modRm = new ModRm();

  private long rip;
  private int codeSize;

  // Of the instruction at hand.
  private boolean hasOperandPrefix;
  private boolean hasAddressPrefix;
  private boolean isLocked;
  private Repeat repeat = Repeat.NONE;
  private int segment;
  private boolean hasRex;
  private int rex;
  private boolean isVex;
  private Prefix vexPrefix = Prefix.NP;
  private int vexRegister;
  private OpcodeMap map = OpcodeMap.ONE_BYTE;
  private int opcode;

  /**
   * Decodes the instruction at {@code code[from]}.
   *
   * @param end where the known bytes end
   * @param startRip the RIP of the first byte
   * @param sizeOfCode 2, 4 or 8: 16-, 32- or 64-bit code
   * @return null if it needs more bytes than are known, and may have them. What no processor
   *     decodes comes back with {@link Mnemonic#INVALID} or {@link Mnemonic#TOO_LONG}
   */
  public @Nullable Instruction decode(
      byte[] bytes, int from, int end, long startRip, int sizeOfCode) {
    rip = startRip;
    codeSize = sizeOfCode;
    int limited = Math.min(end, from + MAX_LENGTH);
    code.begin(bytes, from, limited);
    readPrefixes();
    readOpcode();
    Instruction instruction = readRest();
    if (!code.ranOut()) {
      return instruction;
    }
    return end - from >= MAX_LENGTH ? special(Mnemonic.TOO_LONG) : null;
  }

  private boolean is64Bit() {
    return codeSize == 8;
  }

  private void readPrefixes() {
    hasOperandPrefix = false;
    hasAddressPrefix = false;
    isLocked = false;
    repeat = Repeat.NONE;
    segment = -1;
    rex = 0;
    isVex = false;
    while (!code.isAtEnd()) {
      int value = code.peek();
      if (is64Bit() && value >>> 4 == 4) {
        rex = value;
      } else if (isPrefix(value)) {
        // A REX prefix counts only right before the opcode.
        rex = 0;
      } else {
        break;
      }
      code.next();
    }
    hasRex = rex != 0;
  }

  /** Whether a byte is a prefix other than REX; if so, it is noted. */
  private boolean isPrefix(int value) {
    switch (value) {
      case 0x66 -> hasOperandPrefix = true;
      case 0x67 -> hasAddressPrefix = true;
      case 0xf0 -> isLocked = true;
      case 0xf2 -> repeat = Repeat.REPNE;
      case 0xf3 -> repeat = Repeat.REP;
      case 0x26 -> overrideOld(0);
      case 0x2e -> overrideOld(1);
      case 0x36 -> overrideOld(2);
      case 0x3e -> overrideOld(3);
      case 0x64 -> segment = 4;
      case 0x65 -> segment = 5;
      default -> {
        return false;
      }
    }
    return true;
  }

  /** In 64-bit code these prefixes do nothing. */
  private void overrideOld(int number) {
    if (!is64Bit()) {
      segment = number;
    }
  }

  private void readOpcode() {
    map = OpcodeMap.ONE_BYTE;
    opcode = code.next();
    if (opcode == 0x0f) {
      map = OpcodeMap.TWO_BYTE;
      opcode = code.next();
      if (opcode == 0x38 || opcode == 0x3a) {
        map = opcode == 0x38 ? OpcodeMap.X0F38 : OpcodeMap.X0F3A;
        opcode = code.next();
      }
    } else if ((opcode == 0xc4 || opcode == 0xc5) && (is64Bit() || code.peek() >= 0xc0)) {
      readVex(opcode == 0xc4);
    }
  }

  /** Intel SDM vol. 2, 2.3.5. What is inverted there is not here. */
  private void readVex(boolean isThreeBytes) {
    boolean isRefused = isLocked || hasOperandPrefix || repeat != Repeat.NONE || hasRex;
    isVex = true;
    int second = code.next();
    int last = second;
    int maps = 1;
    rex = ~second >>> 5 & 4;
    if (isThreeBytes) {
      last = code.next();
      maps = second & 0x1f;
      rex = ~second >>> 5 & 7 | last >>> 4 & 8;
    }
    if (!is64Bit()) {
      rex = 0;
    }
    vexRegister = ~last >>> 3 & (is64Bit() ? 15 : 7);
    vexPrefix =
        switch (last & 3) {
          case 0 -> Prefix.NP;
          case 1 -> Prefix.X66;
          case 2 -> Prefix.XF3;
          default -> Prefix.XF2;
        };
    opcode = code.next();
    boolean isLong = (last & 4) != 0;
    map =
        switch (maps) {
          case 2 -> OpcodeMap.VEX_0F38;
          case 3 -> OpcodeMap.VEX_0F3A;
          default -> OpcodeMap.VEX_0F;
        };
    if (isRefused || isLong || maps < 1 || maps > 3) {
      // No entry has this opcode there.
      map = OpcodeMap.VEX_0F;
    }
  }

  private Instruction readRest() {
    TableEntry[] candidates = table.entries(map, opcode);
    boolean needsModRm = candidates.length > 0 && candidates[0].needsModRm();
    if (needsModRm) {
      modRm.set(code.next());
    }
    TableEntry entry = choose(candidates);
    if (entry == null || isVex && vexRegister != 0 && !namesVexRegister(entry)) {
      return special(Mnemonic.INVALID);
    }
    boolean prefixIsOpcode = entry.prefix() != Prefix.ANY && entry.prefix() != Prefix.NP;
    if (prefixIsOpcode && !isVex) {
      if (entry.prefix() == Prefix.X66) {
        hasOperandPrefix = false;
      } else {
        repeat = Repeat.NONE;
      }
    }
    Sizes sizes = sizes(entry);
    if (needsModRm && !entry.ignoresMod()) {
      modRm.readRest(code, sizes.address(), rex, is64Bit());
    }
    List<Operand> operands = operands(entry, sizes);
    if (operands == null) {
      return special(Mnemonic.INVALID);
    }
    if (isLocked && !(entry.has(Flag.LOCK) && operands.getFirst() instanceof Operand.Memory)) {
      return special(Mnemonic.INVALID);
    }
    boolean isRepeated = entry.has(Flag.REP) && repeat != Repeat.NONE;
    return new Instruction(
        rip,
        code.length(),
        entry.mnemonic(),
        operands,
        codeSize,
        sizes.operand(),
        sizes.address(),
        isLocked,
        repeat,
        segment,
        opcode,
        isRepeated || entry.has(Flag.END));
  }

  /** Where it names no register, VEX.vvvv must be all ones, which is 0 here. */
  private static boolean namesVexRegister(TableEntry entry) {
    for (OperandForm form : entry.operands()) {
      if (form.kind() == OperandForm.Kind.VEX) {
        return true;
      }
    }
    return false;
  }

  private @Nullable TableEntry choose(TableEntry[] candidates) {
    for (TableEntry entry : candidates) {
      if (hasPrefix(entry.prefix())
          && (entry.reg() < 0 || entry.reg() == modRm.reg())
          && (entry.modRm() < 0 || entry.modRm() == modRm.value())
          && (entry.form() == Form.ANY || (entry.form() == Form.REGISTER) == modRm.isRegister())
          && !(is64Bit() ? entry.has(Flag.I64) : entry.has(Flag.O64))
          && !(entry.has(Flag.NOB) && (rex & 1) != 0)) {
        return entry;
      }
    }
    return null;
  }

  private boolean hasPrefix(Prefix wanted) {
    if (wanted == Prefix.ANY) {
      return true;
    }
    if (isVex) {
      return wanted == vexPrefix;
    }
    return switch (repeat) {
      case REP -> wanted == Prefix.XF3;
      case REPNE -> wanted == Prefix.XF2;
      case NONE -> wanted == (hasOperandPrefix ? Prefix.X66 : Prefix.NP);
    };
  }

  private Sizes sizes(TableEntry entry) {
    boolean isWide = (rex & 8) != 0;
    int operand;
    if (!is64Bit()) {
      operand = hasOperandPrefix ? 6 - codeSize : codeSize;
    } else if (isWide || entry.has(Flag.F64)) {
      operand = 8;
    } else if (hasOperandPrefix) {
      operand = 2;
    } else {
      operand = entry.has(Flag.D64) ? 8 : 4;
    }
    int address = codeSize;
    if (hasAddressPrefix) {
      address = is64Bit() ? 4 : 6 - codeSize;
    }
    return new Sizes(operand, address, isWide ? 8 : 4, codeSize);
  }

  private @Nullable List<Operand> operands(TableEntry entry, Sizes sizes) {
    List<Operand> operands = new ArrayList<>(entry.operands().size());
    int memory = -1;
    for (OperandForm form : entry.operands()) {
      Operand operand = operand(form, sizes);
      if (operand == null) {
        return null;
      }
      if (modRm.isRipRelative() && isOfModRm(form, operand)) {
        memory = operands.size();
      }
      operands.add(operand);
    }
    if (memory >= 0) {
      // Only now is the length known.
      int size = operands.get(memory).size();
      operands.set(memory, modRm.memory(segment, size, rip + code.length()));
    }
    return List.copyOf(operands);
  }

  private static boolean isOfModRm(OperandForm form, Operand operand) {
    return form.kind().needsModRm() && operand instanceof Operand.Memory;
  }

  private @Nullable Operand operand(OperandForm form, Sizes sizes) {
    int size = sizes.of(form.width());
    return switch (form.kind()) {
      case REGISTER_OR_MEMORY, XMM_OR_MEMORY ->
          modRm.isRegister()
              ? register(form.kind().file, modRm.rm() | (rex & 1) << 3, size)
              : modRm.memory(segment, form.isWordInMemory() ? 2 : size, 0);
      case MEMORY -> modRm.isRegister() ? null : modRm.memory(segment, size, 0);
      case RM_REGISTER, RM_XMM -> register(form.kind().file, modRm.rm() | (rex & 1) << 3, size);
      case REG, XMM -> register(form.kind().file, modRm.reg() | (rex & 4) << 1, size);
      case CONTROL, DEBUG ->
          new Operand.Register(form.kind().file, modRm.reg() | (rex & 4) << 1, sizes.mode());
      case SEGMENT ->
          modRm.reg() > 5 ? null : new Operand.Register(RegisterFile.SEGMENT, modRm.reg(), size);
      case VEX -> new Operand.Register(RegisterFile.GENERAL, vexRegister, size);
      case OPCODE -> register(RegisterFile.GENERAL, opcode & 7 | (rex & 1) << 3, size);
      case FIXED -> new Operand.Register(RegisterFile.GENERAL, form.register(), size);
      case FIXED_SEGMENT -> new Operand.Register(RegisterFile.SEGMENT, form.register(), size);
      case CONSTANT -> new Operand.Immediate(form.register(), size);
      case IMMEDIATE -> immediate(form.width(), sizes);
      case RELATIVE -> target(form.width(), sizes);
      case FAR -> {
        long offset = code.unsigned(sizes.operand());
        yield new Operand.FarPointer((int) code.unsigned(2), offset, sizes.operand());
      }
      case OFFSET -> {
        long address = code.unsigned(sizes.address());
        int at = segment >= 0 ? segment : 3;
        yield new Operand.Memory(at, Operand.Memory.NONE, Operand.Memory.NONE, 0, address, size);
      }
      case SOURCE ->
          new Operand.Memory(segment >= 0 ? segment : 3, 6, Operand.Memory.NONE, 0, 0, size);
      case DESTINATION -> new Operand.Memory(0, 7, Operand.Memory.NONE, 0, 0, size);
    };
  }

  private Operand.Register register(RegisterFile file, int number, int size) {
    boolean isHigh = file == RegisterFile.GENERAL && size == 1 && !hasRex && !isVex && number >= 4;
    return isHigh
        ? new Operand.Register(RegisterFile.HIGH_BYTE, number - 4, 1)
        : new Operand.Register(file, number, size);
  }

  private Operand.Immediate immediate(OperandForm.Width width, Sizes sizes) {
    int operand = sizes.operand();
    return switch (width) {
      case V -> new Operand.Immediate(code.signed(operand), operand);
      case Z -> new Operand.Immediate(code.signed(Math.min(operand, 4)), operand);
      case BYTE_EXTENDED -> new Operand.Immediate(code.signed(1), operand);
      default -> new Operand.Immediate(code.unsigned(sizes.of(width)), sizes.of(width));
    };
  }

  private Operand.Target target(OperandForm.Width width, Sizes sizes) {
    int operand = sizes.operand();
    long displacement = code.signed(width == OperandForm.Width.B ? 1 : Math.min(operand, 4));
    long target = rip + code.length() + displacement;
    long mask = operand == 8 ? -1L : (1L << 8 * operand) - 1;
    return new Operand.Target(target & mask, operand);
  }

  private Instruction special(Mnemonic mnemonic) {
    int length = Math.min(code.length(), MAX_LENGTH);
    return new Instruction(
        rip, length, mnemonic, List.of(), codeSize, 4, codeSize, false, repeat, segment, opcode,
        true);
  }
}
