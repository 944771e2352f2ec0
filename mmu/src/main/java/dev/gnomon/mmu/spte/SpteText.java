package dev.gnomon.mmu.spte;

/** An entry in words, for messages and counterexamples. */
public final class SpteText {
  private SpteText() {}

  /** The entry's value and meaning, in a table of {@code level}. */
  public static String describe(SpteFormat format, long spte, int level) {
    return Long.toHexString(spte) + " (" + meaning(format, spte, level) + ")";
  }

  /** What the entry means, in a table of {@code level}, without its value. */
  public static String meaning(SpteFormat format, long spte, int level) {
    if (SpteFormat.isNonPresent(spte)) {
      return "non-present";
    }
    if (SpteFormat.isFrozen(spte)) {
      return "frozen";
    }
    if (MmioSpte.isMmio(format, spte)) {
      return "MMIO gfn "
          + Long.toHexString(MmioSpte.gfn(format, spte))
          + " generation "
          + MmioSpte.generation(spte);
    }
    if (!SpteFormat.isShadowPresent(spte)) {
      return "not shadow-present, of no known kind";
    }
    String pfn = Long.toHexString(SpteFormat.pfn(spte));
    if (SpteFormat.isTable(spte, level)) {
      return "table at pfn " + pfn;
    }
    StringBuilder text = new StringBuilder();
    text.append(level > 1 ? "large " : "").append("leaf pfn ").append(pfn).append(' ');
    text.append((spte & format.readable) != 0 ? 'R' : '-');
    text.append(SpteFormat.isWritable(spte) ? 'W' : '-');
    text.append(format.isExecutable(spte) ? 'X' : '-');
    if (format.isAdEnabled(spte)) {
      text.append((spte & format.accessed) != 0 ? " A" : " -");
      text.append((spte & format.dirty) != 0 ? 'D' : '-');
    }
    text.append(format.isHostWritable(spte) ? " host-writable" : "");
    text.append(format.isMmuWritable(spte) ? " MMU-writable" : "");
    text.append(format.isAccessTracked(spte) ? " access-tracked" : "");
    return text.toString();
  }

  /**
   * What became of an entry of a table of {@code level}. Where a leaf stays a leaf of the same
   * frame, only the bits that changed: {@code W 0->1 D 0->1}; else both meanings: {@code leaf pfn
   * 45 R-X A- -> non-present}.
   */
  public static String change(SpteFormat format, long before, long after, int level) {
    if (before == after) {
      return meaning(format, after, level) + " (unchanged)";
    }
    boolean isSameLeaf =
        SpteFormat.isPresentLeaf(before, level)
            && SpteFormat.isPresentLeaf(after, level)
            && SpteFormat.pfn(before) == SpteFormat.pfn(after);
    return isSameLeaf
        ? changedBits(format, before, after)
        : meaning(format, before, level) + " -> " + meaning(format, after, level);
  }

  private static String changedBits(SpteFormat format, long before, long after) {
    StringBuilder text = new StringBuilder();
    appendBit(text, "R", (before & format.readable) != 0, (after & format.readable) != 0);
    appendBit(text, "W", SpteFormat.isWritable(before), SpteFormat.isWritable(after));
    appendBit(text, "X", format.isExecutable(before), format.isExecutable(after));
    appendBit(text, "A", (before & format.accessed) != 0, (after & format.accessed) != 0);
    appendBit(text, "D", (before & format.dirty) != 0, (after & format.dirty) != 0);
    appendBit(text, "host-writable", format.isHostWritable(before), format.isHostWritable(after));
    appendBit(text, "MMU-writable", format.isMmuWritable(before), format.isMmuWritable(after));
    appendBit(
        text, "access-tracked", format.isAccessTracked(before), format.isAccessTracked(after));
    long named =
        format.readable
            | SpteFormat.WRITABLE
            | format.executable
            | format.noExecute
            | format.accessed
            | format.dirty
            | format.hostWritable
            | format.mmuWritable
            | format.savedReadExecute;
    long others = (before ^ after) & ~named;
    if (others != 0) {
      appendSpace(text);
      text.append("bits 0x").append(Long.toHexString(others)).append(" changed");
    }
    return text.toString();
  }

  private static void appendBit(StringBuilder text, String name, boolean before, boolean after) {
    if (before != after) {
      appendSpace(text);
      text.append(name).append(before ? " 1->0" : " 0->1");
    }
  }

  private static void appendSpace(StringBuilder text) {
    if (!text.isEmpty()) {
      text.append(' ');
    }
  }
}
