package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.NestedTables;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.config.TdpKind;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * How a guest hypervisor (L1) lays out what its guest (L2) needs. L2's own tables are laid out as
 * L1's are, {@link #L2_SHIFT} frames further; the nested tables begin with one of each level, from
 * the top down, at {@link #TOP}, and map L2's first pages to the frames of the same number.
 */
final class NestedLayout {
  /** How many frames L2's tables lie behind L1's. */
  static final int L2_SHIFT = 14;

  /** The first frame of nested tables. */
  static final int TOP = 0x20;

  /** The frames that there may be of them. */
  static final int FRAMES = 5;

  /** L2's pages that are mapped at first. */
  static final int PAGES = 40;

  private static final long EPT_WRITE_BACK = 6 << 3;
  private static final long ALL = 7;

  private NestedLayout() {}

  /** The formats that L1 can choose from; none where it must shadow L2's tables by itself. */
  static List<NestedTables> formats(FuzzConfig config) {
    List<NestedTables> formats = new ArrayList<>();
    if (config.isShadow()) {
      return formats;
    }
    long top = (long) TOP << 12;
    if (config.mmu().tdp() == TdpKind.EPT) {
      boolean hasAccessedDirty = config.mmu().accessedDirty();
      formats.add(NestedTables.Ept.of(top, 4, hasAccessedDirty));
      formats.add(NestedTables.Ept.of(top, 4, false));
      formats.add(NestedTables.Ept.of(top, 5, hasAccessedDirty));
      return formats;
    }
    for (PagingMode mode : PagingMode.values()) {
      boolean isNone = mode == PagingMode.NONE;
      boolean isTooLong = mode.isLong() && mode.levels() > config.mmu().levels();
      if (!isNone && !isTooLong) {
        formats.add(npt(mode, true));
        formats.add(npt(mode, false));
      }
    }
    return formats;
  }

  private static NestedTables npt(PagingMode mode, boolean isNoExecute) {
    long cr4 =
        switch (mode) {
          case BITS_32 -> ControlBits.CR4_PSE;
          case LEVEL_5 -> ControlBits.CR4_PAE | ControlBits.CR4_LA57;
          default -> ControlBits.CR4_PAE;
        };
    long efer =
        (mode.isLong() ? ControlBits.EFER_LMA | ControlBits.EFER_LME : 0)
            | (isNoExecute ? ControlBits.EFER_NXE : 0);
    return new NestedTables.Npt((long) TOP << 12, cr4, efer);
  }

  /** The format of a number; null if there is none to choose from. */
  static @Nullable NestedTables format(FuzzConfig config, long number) {
    List<NestedTables> formats = formats(config);
    return formats.isEmpty()
        ? null
        : formats.get((int) Long.remainderUnsigned(number, formats.size()));
  }

  static int entryBytes(NestedTables tables) {
    return tables.mode() == PagingMode.BITS_32 ? 4 : 8;
  }

  /** Tells the entries of the nested tables. */
  static void write(NestedTables tables, GuestLayout.EntryWriter writer) {
    boolean isEpt = tables instanceof NestedTables.Ept;
    int bytes = entryBytes(tables);
    int levels = tables.mode().levels();
    for (int level = levels; level > 1; level--) {
      boolean isPdpte = tables.mode() == PagingMode.PAE && level == 3;
      long below = frame(levels, level - 1) << 12;
      writer.write(frame(levels, level) << 12, bytes, below | (isPdpte ? GuestEntry.PRESENT : ALL));
    }
    for (int page = 0; page < PAGES; page++) {
      boolean isOwn = page >= TOP && page < TOP + FRAMES;
      long leaf = (long) page << 12 | ALL | (isEpt ? EPT_WRITE_BACK : 0);
      writer.write(frame(levels, 1) << 12 | (long) page * bytes, bytes, isOwn ? 0 : leaf);
    }
  }

  /** The frame of the first table of a level. */
  static long frame(int levels, int level) {
    return TOP + levels - level;
  }
}
