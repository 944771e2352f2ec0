package dev.gnomon.machine.x86.decode;

import java.util.ArrayList;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * A line of the table.
 *
 * @param prefix the mandatory one
 * @param first the least last byte of the opcode
 * @param last the greatest
 * @param reg what the ModRM byte's reg field must be, or -1
 * @param modRm what the whole ModRM byte must be, or -1
 */
record TableEntry(
    OpcodeMap map,
    Prefix prefix,
    int first,
    int last,
    int reg,
    Form form,
    int modRm,
    Mnemonic mnemonic,
    List<OperandForm> operands,
    Set<Flag> flags) {

  /** The tables of opcodes. */
  enum OpcodeMap {
    ONE_BYTE,
    TWO_BYTE,
    X0F38,
    X0F3A,
    VEX_0F,
    VEX_0F38,
    VEX_0F3A
  }

  /** Mandatory prefixes. */
  enum Prefix {
    ANY,
    NP,
    X66,
    XF3,
    XF2
  }

  /** What the mod field must say. */
  enum Form {
    ANY,
    MEMORY,
    REGISTER
  }

  /** See the table's head. */
  enum Flag {
    LOCK,
    REP,
    I64,
    O64,
    D64,
    F64,
    END,
    NOB
  }

  /** Reads a line. */
  static TableEntry parse(String line) {
    String[] columns = line.split("\\s{2,}");
    if (columns.length < 3 || columns.length > 4) {
      throw new IllegalArgumentException("three or four columns: " + line);
    }
    OpcodeMap map = OpcodeMap.ONE_BYTE;
    Prefix prefix = Prefix.ANY;
    int first = -1;
    int last = -1;
    int reg = -1;
    int modRm = -1;
    Form form = Form.ANY;
    for (String token : columns[0].split(" ")) {
      if (token.startsWith("VEX.")) {
        String[] parts = token.split("\\.");
        prefix = prefix(parts[1]);
        map = OpcodeMap.valueOf("VEX_" + parts[2]);
      } else if (token.endsWith(":")) {
        prefix = prefix(token.substring(0, token.length() - 1));
      } else if (token.startsWith("/")) {
        reg = Integer.parseInt(token.substring(1));
      } else if (token.startsWith("=")) {
        modRm = Integer.parseInt(token.substring(1), 16);
      } else if (token.equals("mem")) {
        form = Form.MEMORY;
      } else if (token.equals("reg")) {
        form = Form.REGISTER;
      } else if (token.length() > 2) {
        map = deeper(map, first);
        first = Integer.parseInt(token.substring(0, 2), 16);
        last = Integer.parseInt(token.substring(3), 16);
      } else {
        map = deeper(map, first);
        first = Integer.parseInt(token, 16);
        last = first;
      }
    }
    return new TableEntry(
        map,
        prefix,
        first,
        last,
        reg,
        form,
        modRm,
        Mnemonic.valueOf(columns[1]),
        operands(columns[2]),
        columns.length == 4 ? flags(columns[3]) : EnumSet.noneOf(Flag.class));
  }

  /** The map that a byte leads to when another follows it. */
  private static OpcodeMap deeper(OpcodeMap map, int opcode) {
    if (map == OpcodeMap.ONE_BYTE && opcode == 0x0f) {
      return OpcodeMap.TWO_BYTE;
    }
    if (map == OpcodeMap.TWO_BYTE && opcode == 0x38) {
      return OpcodeMap.X0F38;
    }
    return map == OpcodeMap.TWO_BYTE && opcode == 0x3a ? OpcodeMap.X0F3A : map;
  }

  private static Prefix prefix(String text) {
    return text.equals("NP") ? Prefix.NP : Prefix.valueOf("X" + text);
  }

  private static List<OperandForm> operands(String text) {
    List<OperandForm> operands = new ArrayList<>();
    if (!text.equals("-")) {
      for (String operand : text.split(",")) {
        operands.add(OperandForm.parse(operand));
      }
    }
    return List.copyOf(operands);
  }

  private static Set<Flag> flags(String text) {
    Set<Flag> flags = EnumSet.noneOf(Flag.class);
    for (String flag : text.split(" ")) {
      flags.add(Flag.valueOf(flag.toUpperCase(Locale.ROOT)));
    }
    return flags;
  }

  boolean has(Flag flag) {
    return flags.contains(flag);
  }

  /** Whether a ModRM byte follows the opcode. */
  boolean needsModRm() {
    return reg >= 0
        || modRm >= 0
        || form != Form.ANY
        || operands.stream().anyMatch(operand -> operand.kind().needsModRm());
  }

  /** Whether the rm field names a register whatever mod says: nothing follows ModRM then. */
  boolean ignoresMod() {
    return operands.stream().anyMatch(o -> o.kind() == OperandForm.Kind.RM_REGISTER);
  }

  /** How much it asks for: of two entries that fit, the one that asks for more counts. */
  int strictness() {
    return (prefix != Prefix.ANY ? 4 : 0)
        + (modRm >= 0 ? 2 : 0)
        + (has(Flag.NOB) || has(Flag.O64) ? 1 : 0);
  }
}
