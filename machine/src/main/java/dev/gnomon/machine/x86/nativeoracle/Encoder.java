package dev.gnomon.machine.x86.nativeoracle;

import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/** Writes the bytes of an instruction: prefixes, opcode, ModRM, displacement, constant. */
final class Encoder {
  private static final int[] SEGMENTS_WITHOUT_MEANING = {0x26, 0x2e, 0x36, 0x3e};

  private final Values values;

  Encoder(Values values) {
    this.values = values;
  }

  /** Appends the instruction to its program. */
  void write(Draft draft, AddressForms.@Nullable Encoded memory) {
    Encoding encoding = draft.encoding;
    Program program = draft.program;
    boolean rexB = memory != null ? memory.rexB : draft.rm >= 8;
    boolean rexX = memory != null && memory.rexX;
    boolean isWide = draft.operandSize == 8 && encoding.isSized();
    putPrefixes(draft, isWide);
    int last = encoding.opcode()[encoding.opcode().length - 1] + draft.opcodeVariant;
    if (encoding.vexMap() > 0) {
      int prefix = List.of("NP", "66", "F3", "F2").indexOf(encoding.prefix());
      program.put(0xc4);
      program.put(
          (draft.reg >= 8 ? 0 : 0x80) | (rexX ? 0 : 0x40) | (rexB ? 0 : 0x20) | encoding.vexMap());
      program.put((isWide ? 0x80 : 0) | ~draft.vvvv << 3 & 0x78 | prefix);
      program.put(last);
    } else {
      int rex = (isWide ? 8 : 0) | (draft.reg >= 8 ? 4 : 0) | (rexX ? 2 : 0) | (rexB ? 1 : 0);
      if (draft.hasRex || rex != 0) {
        program.put(0x40 | rex);
      }
      for (int i = 0; i < encoding.opcode().length - 1; i++) {
        program.put(encoding.opcode()[i]);
      }
      program.put(encoding.hasKind('Z') ? last & ~7 | draft.rm & 7 : last);
    }
    if (encoding.modrmByte() >= 0) {
      program.put(encoding.modrmByte());
    } else if (encoding.hasModrm()) {
      putModrm(draft, memory);
    }
    putConstant(draft, memory);
  }

  private void putPrefixes(Draft draft, boolean isWide) {
    List<Integer> prefixes = new ArrayList<>();
    Encoding encoding = draft.encoding;
    String mandatory = encoding.vexMap() > 0 ? null : encoding.prefix();
    if (mandatory != null && !mandatory.equals("NP")) {
      prefixes.add(Integer.parseInt(mandatory, 16));
    }
    if (draft.operandSize == 2 && !"66".equals(mandatory)) {
      prefixes.add(0x66);
    }
    if (draft.addressSize != draft.program.pointerSize()) {
      prefixes.add(0x67);
    }
    if (draft.isLocked) {
      prefixes.add(0xf0);
    }
    if (draft.repeat != 0) {
      prefixes.add(draft.repeat);
    }
    if (values.oneIn(16)) {
      // In 32-bit code DS is the same flat segment as ES and SS; CS cannot be written.
      prefixes.add(draft.is64() ? SEGMENTS_WITHOUT_MEANING[values.below(4)] : 0x3e);
    }
    while (!prefixes.isEmpty()) {
      draft.program.put(prefixes.remove(values.below(prefixes.size())));
    }
  }

  private static void putModrm(Draft draft, AddressForms.@Nullable Encoded memory) {
    Program program = draft.program;
    int reg = draft.encoding.modrmReg() >= 0 ? draft.encoding.modrmReg() : draft.reg & 7;
    if (memory == null) {
      program.put(0xc0 | reg << 3 | draft.rm & 7);
      return;
    }
    program.put(memory.mod << 6 | reg << 3 | memory.rm);
    if (memory.sib >= 0) {
      program.put(memory.sib);
    }
    if (memory.isRipRelative) {
      long next = program.here() + 4 + constantBytes(draft);
      program.put(draft.address - next, 4);
    } else {
      program.put(memory.displacement, memory.displacementBytes);
    }
  }

  /** How many bytes of constants follow ModRM. */
  private static int constantBytes(Draft draft) {
    int bytes = 0;
    for (String operand : draft.encoding.operands()) {
      bytes += constantBytes(draft, operand);
    }
    return bytes;
  }

  private static int constantBytes(Draft draft, String operand) {
    return switch (operand.charAt(0)) {
      case 'I' -> draft.size(operand);
      // A branch's displacement of 2 bytes would cut RIP.
      case 'J' -> operand.equals("Jb") ? 1 : 4;
      case 'O' -> draft.addressSize;
      default -> 0;
    };
  }

  private static void putConstant(Draft draft, AddressForms.@Nullable Encoded memory) {
    Program program = draft.program;
    for (String operand : draft.encoding.operands()) {
      int bytes = constantBytes(draft, operand);
      if (bytes == 0) {
        continue;
      }
      switch (operand.charAt(0)) {
        case 'J' -> program.put(program.targetAddress() - (program.here() + bytes), bytes);
        case 'O' -> program.put(draft.address, bytes);
        default -> {
          program.put(draft.constant, bytes);
          draft.constant >>>= 8 * bytes & 63;
        }
      }
    }
  }
}
