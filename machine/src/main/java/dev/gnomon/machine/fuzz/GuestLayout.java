package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingMode;

/**
 * Where guests keep things. Frames 2 to 15 are tables, whatever the mode: 2 to 5 those of a window
 * through which the guest writes all of its first frames, 6 to 8 roots, the rest for anything.
 */
final class GuestLayout {
  static final int FIRST_TABLE = 2;
  static final int ROOT = 6;
  static final int ROOTS = 3;
  static final int TABLES = 14;

  /** Frames that the window shows. */
  static final int WINDOW_FRAMES = 40;

  /** Flags of BOOT and MODES. */
  static final int ROOT_MASK = 3;

  static final int USER = 1 << 2;
  static final int WP = 1 << 3;
  static final int NXE = 1 << 4;
  static final int SMEP = 1 << 5;
  static final int SMAP = 1 << 6;
  static final int PKE = 1 << 7;
  static final int PGE = 1 << 8;
  static final int PSE = 1 << 9;
  static final int PCIDE = 1 << 10;
  static final int WINDOW_USER = 1 << 11;
  static final int WINDOW_GLOBAL = 1 << 12;

  private static final long RIGHTS =
      GuestEntry.PRESENT | GuestEntry.WRITABLE | GuestEntry.ACCESSED | GuestEntry.DIRTY;

  private GuestLayout() {}

  /** A mode by its number; what cannot be is no paging. */
  static PagingMode mode(FuzzConfig config, long number) {
    PagingMode[] modes = PagingMode.values();
    PagingMode mode = modes[(int) Long.remainderUnsigned(number, modes.length)];
    return config.allows(mode) ? mode : PagingMode.NONE;
  }

  /**
   * The registers that flags ask for. Where tables are shadowed there are no protection keys: the
   * processor would look for them in entries that are not the guest's, so KVM does not offer them.
   */
  static ControlRegisters registers(
      FuzzConfig config, PagingMode mode, long asked, long cr3, int pkru) {
    long flags = asked;
    if (config.isShadow()) {
      flags &= ~PKE;
      // A user page that a supervisor may write without WP is a supervisor's page to the processor.
      flags &= (asked & WP) == 0 ? ~SMAP : -1L;
    }
    boolean isPaging = mode != PagingMode.NONE;
    boolean isPae = isPaging && mode != PagingMode.BITS_32;
    long cr0 =
        ControlBits.CR0_PE
            | ControlBits.CR0_ET
            | (isPaging ? ControlBits.CR0_PG : 0)
            | bit(flags, WP, ControlBits.CR0_WP);
    long cr4 =
        (isPae ? ControlBits.CR4_PAE : 0)
            | (mode == PagingMode.LEVEL_5 ? ControlBits.CR4_LA57 : 0)
            | bit(flags, SMEP, ControlBits.CR4_SMEP)
            | bit(flags, SMAP, ControlBits.CR4_SMAP)
            | bit(flags, PKE, ControlBits.CR4_PKE)
            | bit(flags, PGE, ControlBits.CR4_PGE)
            | bit(flags, PSE, ControlBits.CR4_PSE)
            | (mode.isLong() ? bit(flags, PCIDE, ControlBits.CR4_PCIDE) : 0);
    long efer =
        (mode.isLong() ? ControlBits.EFER_LMA | ControlBits.EFER_LME : 0)
            | bit(flags, NXE, ControlBits.EFER_NXE);
    return new ControlRegisters(cr0, cr3, cr4, efer, pkru, (flags & USER) != 0, false);
  }

  private static long bit(long flags, int flag, long value) {
    return (flags & flag) != 0 ? value : 0;
  }

  /** The gpa of the root that flags name. */
  static long root(long flags) {
    return (ROOT + (flags & ROOT_MASK) % ROOTS) << 12;
  }

  /** Where the window begins. */
  static long window(PagingMode mode) {
    return switch (mode) {
      case NONE -> 0;
      case BITS_32 -> 1L << 22;
      case PAE -> 1L << 30;
      case LEVEL_4 -> 1L << 39;
      case LEVEL_5 -> 1L << 48;
    };
  }

  /** Is told what the window's tables hold. */
  interface EntryWriter {
    void write(long gpa, int bytes, long value);
  }

  /**
   * Tells the entries of the window.
   *
   * @param shift how many frames its tables lie further on
   */
  static void writeWindow(PagingMode mode, long flags, int shift, EntryWriter writer) {
    if (mode == PagingMode.NONE) {
      return;
    }
    int bytes = mode.entryBytes();
    long rights = RIGHTS | ((flags & WINDOW_USER) != 0 ? GuestEntry.USER : 0);
    long leaf = rights | ((flags & WINDOW_GLOBAL) != 0 ? GuestEntry.GLOBAL : 0);
    long first = FIRST_TABLE + shift;
    for (int frame = 0; frame < WINDOW_FRAMES; frame++) {
      writer.write(first << 12 | (long) frame * bytes, bytes, (long) frame << 12 | leaf);
    }
    int top = mode.levels();
    for (int level = 2; level < top; level++) {
      long below = first + level - 2;
      writer.write((below + 1) << 12, bytes, below << 12 | rights);
    }
    long below = first + top - 2;
    long entry = below << 12 | (mode == PagingMode.PAE ? GuestEntry.PRESENT : rights);
    writer.write(root(flags) + ((long) shift << 12) + bytes, bytes, entry);
  }
}
