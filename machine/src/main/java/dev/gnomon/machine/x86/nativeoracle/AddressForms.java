package dev.gnomon.machine.x86.nativeoracle;

/**
 * Encodes an operand in memory: picks one of the forms that ModRM and SIB have, and sets registers
 * so that it comes out at the wanted address (Intel SDM volume 2A, section 2.1.5).
 */
final class AddressForms {
  /** What follows the opcode, with the bits for REX or VEX. */
  static final class Encoded {
    int mod;
    int rm;
    int sib = -1;
    int displacement;
    int displacementBytes;
    boolean isRipRelative;
    boolean rexB;
    boolean rexX;
  }

  private final Values values;
  private final Encoded form = new Encoded();

  AddressForms(Values values) {
    this.values = values;
  }

  /** Encodes {@link Draft#address}. */
  Encoded encode(Draft draft) {
    do {
      clear();
    } while (!tryForm(draft));
    return form;
  }

  private void clear() {
    form.sib = -1;
    form.displacementBytes = 0;
    form.isRipRelative = false;
    form.rexB = false;
    form.rexX = false;
  }

  private boolean tryForm(Draft draft) {
    return switch (values.below(8)) {
      case 0 -> ripRelative(draft);
      case 1 -> indexed(draft, Draft.NONE, index(draft));
      case 2 -> indexed(draft, Draft.NONE, Draft.NONE);
      case 3 -> indexed(draft, base(draft), Draft.NONE);
      case 4, 5 -> indexed(draft, base(draft), index(draft));
      default -> based(draft, base(draft));
    };
  }

  /** In a program of several the pointers that were set for it, else any register. */
  private int base(Draft draft) {
    return draft.isAlone ? values.below(registers(draft)) : ProgramGenerator.POINTER;
  }

  private int index(Draft draft) {
    int index =
        draft.isAlone ? values.below(registers(draft)) : ProgramGenerator.index(draft.program);
    return index == Draft.RSP ? Draft.NONE : index;
  }

  private static int registers(Draft draft) {
    return draft.is64() ? 16 : 8;
  }

  /** In 32-bit code the same form is the address itself. */
  private boolean ripRelative(Draft draft) {
    form.mod = 0;
    form.rm = 5;
    form.isRipRelative = draft.is64();
    form.displacementBytes = 4;
    form.displacement = (int) draft.address;
    return true;
  }

  private boolean based(Draft draft, int base) {
    if ((base & 7) == Draft.RSP) {
      return indexed(draft, base, Draft.NONE);
    }
    form.rm = base & 7;
    form.rexB = base >= 8;
    return solve(draft, base, Draft.NONE, 0);
  }

  private boolean indexed(Draft draft, int base, int index) {
    int scale = values.below(4);
    form.rm = 4;
    form.sib = scale << 6 | (index < 0 ? 4 : index & 7) << 3 | (base < 0 ? 5 : base & 7);
    form.rexX = index >= 8;
    form.rexB = base >= 8;
    return solve(draft, base, index, scale);
  }

  /** Finds a displacement, and values of registers that are free. */
  private boolean solve(Draft draft, int base, int index, int scale) {
    boolean indexIsFree = index >= 0 && !draft.isPinned(index);
    boolean baseIsFree = base >= 0 && !draft.isPinned(base);
    if (base == index && baseIsFree) {
      draft.pin(base, draft.address / (1 + (1 << scale)) - values.below(64));
    } else {
      if (indexIsFree) {
        draft.pin(index, base >= 0 && values.oneIn(2) ? values.any() : values.below(64));
      }
      if (baseIsFree) {
        int displacement = values.oneIn(2) ? values.below(256) - 128 : (int) values.any();
        displacement = values.oneIn(4) ? 0 : displacement;
        draft.pin(base, draft.address - scaled(draft, index, scale) - displacement);
      }
    }
    long rest = draft.address - scaled(draft, index, scale) - (base < 0 ? 0 : draft.value(base));
    if (draft.is64() && rest != (int) rest) {
      return false;
    }
    // Above 32 bits an address of 32 bits does not see.
    if (draft.is64() && draft.addressSize == 4 && baseIsFree) {
      draft.pin(base, draft.value(base) ^ values.any() << 32);
    }
    form.displacement = (int) rest;
    return chooseLength(base);
  }

  private static long scaled(Draft draft, int index, int scale) {
    return index < 0 ? 0 : draft.value(index) << scale;
  }

  private boolean chooseLength(int base) {
    if (base < 0) {
      form.mod = 0;
      form.displacementBytes = 4;
    } else if (form.displacement == 0 && (base & 7) != Draft.RBP && values.oneIn(2)) {
      form.mod = 0;
      form.displacementBytes = 0;
    } else if (form.displacement == (byte) form.displacement && !values.oneIn(4)) {
      form.mod = 1;
      form.displacementBytes = 1;
    } else {
      form.mod = 2;
      form.displacementBytes = 4;
    }
    return true;
  }
}
