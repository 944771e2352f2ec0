package dev.gnomon.mmu.spte;

/** An entry in words, for messages and counterexamples. */
public final class SpteText {
  private SpteText() {}

  /** The entry's value and meaning, in a table of {@code level}. */
  public static String describe(SpteFormat format, long spte, int level) {
    String value = Long.toHexString(spte) + " (";
    if (SpteFormat.isNonPresent(spte)) {
      return value + "non-present)";
    }
    if (SpteFormat.isFrozen(spte)) {
      return value + "frozen)";
    }
    if (MmioSpte.isMmio(format, spte)) {
      return value
          + "MMIO gfn "
          + Long.toHexString(MmioSpte.gfn(format, spte))
          + " generation "
          + MmioSpte.generation(spte)
          + ")";
    }
    if (!SpteFormat.isShadowPresent(spte)) {
      return value + "not shadow-present, of no known kind)";
    }
    String pfn = Long.toHexString(SpteFormat.pfn(spte));
    if (SpteFormat.isTable(spte, level)) {
      return value + "table at pfn " + pfn + ")";
    }
    StringBuilder text = new StringBuilder(value);
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
    return text.append(')').toString();
  }
}
