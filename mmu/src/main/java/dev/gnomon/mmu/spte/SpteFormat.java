package dev.gnomon.mmu.spte;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.SpteLayout;
import dev.gnomon.mmu.config.TdpKind;

/**
 * Where the bits of a shadow page-table entry are, and what a value of one means. One object a VM.
 * The layout says where bits are; the processor, what is reserved and how MMIO is marked.
 *
 * <pre>
 *                    legacy                EPT
 *  readable/present  0                     0
 *  writable          1                     1
 *  executable        not 63                2
 *  user              2                     0
 *  accessed, dirty   5, 6                  8, 9 (if A/D is on)
 *  large             7                     7
 *  host-writable     9                     57
 *  MMU-writable      10                    58
 *  MMU-present       11                    11
 *  A/D kind          53:52                 53:52
 *  saved R, X        -                     54, 56
 *  suppress #VE      -                     63
 *  address           51:12                 51:12
 * </pre>
 *
 * <p>States of an entry, told apart by the predicates below:
 *
 * <table>
 * <caption>States</caption>
 * <tr><th>state</th><th>MMU-present</th><th>told by</th></tr>
 * <tr><td>non-present</td><td>0</td><td>{@link #isNonPresent}</td></tr>
 * <tr><td>frozen: someone is taking the subtree apart; never touch, retry</td><td>0</td>
 *     <td>{@link #isFrozen}</td></tr>
 * <tr><td>MMIO: makes the processor report a reserved bit</td><td>0</td><td>{@link #isMmio}</td></tr>
 * <tr><td>table (non-leaf)</td><td>1</td><td>not {@link #isLeaf}</td></tr>
 * <tr><td>leaf</td><td>1</td><td>{@link #isLeaf}</td></tr>
 * <tr><td>leaf made non-present to notice the next access (A/D off)</td><td>1</td>
 *     <td>{@link #isAccessTracked}</td></tr>
 * </table>
 *
 * <p>Of the three writable bits only these combinations exist on a leaf ({@link #checkWritable}):
 * all set; W clear (a fast page fault may set it); W and MMU-writable clear; none.
 */
public final class SpteFormat {
  /** The entry is backed by guest memory or by a table, whatever the processor thinks of it. */
  public static final long MMU_PRESENT = 1L << 11;

  public static final long LARGE = 1L << 7;
  public static final long WRITABLE = 1L << 1;
  public static final long ADDRESS_MASK = (1L << 52) - (1L << 12);

  /** What a 64-bit host stores where nothing is mapped: suppress #VE, and nothing else. */
  public static final long NON_PRESENT = 1L << 63;

  /** The TDP MMU's mark of an entry that its owner is about to free. */
  public static final long FROZEN = NON_PRESENT | 0x5a0;

  private static final long AD_KIND_MASK = 3L << 52;
  private static final long AD_DISABLED = 1L << 52;
  private static final long AD_WRITE_PROTECT_ONLY = 2L << 52;
  private static final int SAVED_SHIFT = 54;
  private static final long EPT_WRITE_BACK_IGNORE_PAT = 6L << 3 | 1L << 6;

  final TdpKind kind;
  final boolean hasAccessedDirty;
  final int physicalAddressBits;
  final int rootLevel;

  /** What this host stores where nothing is mapped. */
  final long nonPresent;

  /** Set in every entry that the processor may use; 0 where execute-only pages exist. */
  final long present;

  final long readable;
  final long user;
  final long executable;
  final long noExecute;
  final long accessed;
  final long dirty;
  final long hostWritable;
  final long mmuWritable;
  final long memoryType;

  /** R, W and X, all clear in an access-tracked entry; 0 where there is no such thing. */
  final long accessTrack;

  final long savedReadExecute;

  public SpteFormat(MmuConfig config) {
    kind = config.tdp();
    hasAccessedDirty = config.accessedDirty();
    physicalAddressBits = config.physicalAddressBits();
    rootLevel = config.levels();
    nonPresent = config.hostBits() == 32 ? 0 : NON_PRESENT;
    if (config.layout() == SpteLayout.EPT) {
      readable = 1L;
      present = config.executeOnly() ? 0 : readable;
      user = readable;
      executable = 1L << 2;
      noExecute = 0;
      accessed = hasAccessedDirty ? 1L << 8 : 0;
      dirty = hasAccessedDirty ? 1L << 9 : 0;
      hostWritable = 1L << 57;
      mmuWritable = 1L << 58;
      memoryType = config.memoryType() ? EPT_WRITE_BACK_IGNORE_PAT : 0;
      accessTrack = readable | WRITABLE | executable;
      savedReadExecute = (readable | executable) << SAVED_SHIFT;
    } else {
      readable = 1L;
      present = readable;
      user = 1L << 2;
      executable = 0;
      noExecute = 1L << 63;
      accessed = 1L << 5;
      dirty = 1L << 6;
      hostWritable = 1L << 9;
      mmuWritable = 1L << 10;
      memoryType = 0;
      accessTrack = 0;
      savedReadExecute = 0;
    }
  }

  /** Whose processor walks it. */
  public TdpKind kind() {
    return kind;
  }

  /** Whether the processor sets A and D in entries of this format. */
  public boolean hasAccessedDirty() {
    return hasAccessedDirty;
  }

  /** The host's MAXPHYADDR. */
  public int physicalAddressBits() {
    return physicalAddressBits;
  }

  // --- states ---

  /** Backed by guest memory or a table. */
  public static boolean isShadowPresent(long spte) {
    return (spte & MMU_PRESENT) != 0;
  }

  /** What is stored where nothing is mapped: 0 on a 32-bit host, whose words have no bit 63. */
  public long nonPresent() {
    return nonPresent;
  }

  /** Nothing is here, on a host of either kind. */
  public boolean isEmpty(long spte) {
    return spte == nonPresent;
  }

  /** Nothing is here, on a 64-bit host. A frozen entry is not "nothing". */
  public static boolean isNonPresent(long spte) {
    return spte == NON_PRESENT;
  }

  /** Belongs to whoever froze it. */
  public static boolean isFrozen(long spte) {
    return spte == FROZEN;
  }

  /** Whether a shadow-present entry of a table of {@code level} maps memory. */
  public static boolean isLeaf(long spte, int level) {
    return level == 1 || (spte & LARGE) != 0;
  }

  /** Whether an entry of a table of {@code level} is shadow-present and maps memory. */
  public static boolean isPresentLeaf(long spte, int level) {
    return isShadowPresent(spte) && isLeaf(spte, level);
  }

  /** Whether an entry of a table of {@code level} points at a lower table. */
  public static boolean isTable(long spte, int level) {
    return isShadowPresent(spte) && !isLeaf(spte, level);
  }

  /** The frame that a shadow-present entry points at. */
  public static long pfn(long spte) {
    return (spte & ADDRESS_MASK) >>> 12;
  }

  /** Whether the entry is an MMIO mark: see {@link MmioSpte}. */
  public boolean isMmio(long spte) {
    return MmioSpte.isMmio(this, spte);
  }

  // --- a leaf's bits ---

  /** Whether the processor may write through it. */
  public static boolean isWritable(long spte) {
    return (spte & WRITABLE) != 0;
  }

  /** Whether the processor may execute from it. */
  public boolean isExecutable(long spte) {
    return noExecute != 0 ? (spte & noExecute) == 0 : (spte & executable) != 0;
  }

  /** Whether the MMU lets a fast page fault make it writable. */
  public boolean isMmuWritable(long spte) {
    return (spte & mmuWritable) != 0;
  }

  /** Whether host mapping and memslot allow writes. */
  public boolean isHostWritable(long spte) {
    return (spte & hostWritable) != 0;
  }

  /** Whether the processor keeps A and D in this very entry. */
  public boolean isAdEnabled(long spte) {
    return hasAccessedDirty && (spte & AD_KIND_MASK) != AD_DISABLED;
  }

  /** Whether writes through it must be noticed by write protection even where D bits are logged. */
  public boolean needsWriteProtectionForLog(long spte) {
    return !hasAccessedDirty || (spte & AD_KIND_MASK) != 0;
  }

  /** Whether it was made non-present on purpose, to notice the next access. */
  public boolean isAccessTracked(long spte) {
    return !isAdEnabled(spte) && accessTrack != 0 && (spte & accessTrack) == 0;
  }

  /** Whether it was used: the A bit, or not being access-tracked where there is none. */
  public boolean isAccessed(long spte) {
    return isAdEnabled(spte) ? (spte & accessed) != 0 : !isAccessTracked(spte);
  }

  /** Whether it may have been written through: the D bit, or W where there is none. */
  public boolean isDirty(long spte) {
    return isAdEnabled(spte) ? (spte & dirty) != 0 : isWritable(spte);
  }

  /**
   * Whether the processor could make the access through this leaf of two-dimensional paging as it
   * stands. Under NPT every access is one of user code.
   */
  public boolean allows(long spte, boolean write, boolean fetch) {
    if (noExecute != 0 && (spte & user) == 0) {
      return false;
    }
    if (write) {
      return isWritable(spte);
    }
    if (fetch) {
      return isExecutable(spte) && isProcessorPresent(spte);
    }
    return (spte & readable) != 0;
  }

  /** Whether the processor sees an entry as present. */
  public boolean isProcessorPresent(long spte) {
    return (spte & (readable | WRITABLE | executable)) != 0;
  }

  // --- changing a value ---

  /** The entry that points at a lower table. */
  public long table(long pfn) {
    return table(pfn, false);
  }

  /**
   * The entry that points at a lower table.
   *
   * @param adDisabled whether the processor keeps no A and D in that one
   */
  public long table(long pfn, boolean adDisabled) {
    long hardware = readable | WRITABLE | user | executable;
    boolean isEnabled = hasAccessedDirty && !adDisabled;
    return hardware | MMU_PRESENT | (isEnabled ? accessed : AD_DISABLED) | pfn << 12;
  }

  /** The parts of a new leaf that depend on nothing but the format. */
  public long leafBase(boolean adDisabled) {
    return leafBase(adDisabled, false);
  }

  /**
   * The same.
   *
   * @param onlyProtects whether its writes are noticed by write protection even where D bits are
   *     logged
   */
  public long leafBase(boolean adDisabled, boolean onlyProtects) {
    long adEnabled = onlyProtects ? AD_WRITE_PROTECT_ONLY : 0;
    long adKind = !hasAccessedDirty || adDisabled ? AD_DISABLED : adEnabled;
    return MMU_PRESENT | adKind | present | memoryType;
  }

  /** What a leaf is marked with on being made, unless it is a prefetch. */
  public long accessedBit() {
    return accessed;
  }

  /** The D bit, or 0 where there is none. */
  public long dirtyBit() {
    return dirty;
  }

  /** The bits of a leaf that reads and, if asked, executes. */
  public long readBits(boolean isExecutable) {
    return readBits(isExecutable, true);
  }

  /** The bits of a leaf that, if asked, executes, and lets user code in, by EPT's layout: reads. */
  public long readBits(boolean isExecutable, boolean isUser) {
    return present | (isUser ? user : 0) | (isExecutable ? executable : noExecute);
  }

  /** A leaf as a prefetch leaves it: as if not accessed yet. */
  public long withoutAccessed(long spte) {
    return isAdEnabled(spte) ? spte & ~accessed : markAccessTracked(spte);
  }

  /** Whether user code may come in. */
  public boolean isUser(long spte) {
    return (spte & user) != 0;
  }

  /** The bit for memory that host mapping and memslot allow to be written. */
  public long hostWritableBit() {
    return hostWritable;
  }

  /** The MMU's leave to make an entry writable without its lock. */
  public long mmuWritableBit() {
    return mmuWritable;
  }

  /** Takes R, W and X away from an A/D-disabled leaf and keeps R and X aside. W is never kept. */
  public long markAccessTracked(long spte) {
    long saved = (spte & (readable | executable)) << SAVED_SHIFT;
    return spte & ~(accessTrack | savedReadExecute) | saved;
  }

  /** Gives an access-tracked leaf its R and X back. */
  public long restoreAccessTracked(long spte) {
    long saved = (spte & savedReadExecute) >>> SAVED_SHIFT;
    return spte & ~(accessTrack | savedReadExecute) | saved;
  }

  /** The leaf with execution allowed or not. */
  public long withExecute(long spte, boolean isAllowed) {
    if (noExecute != 0) {
      return isAllowed ? spte & ~noExecute : spte | noExecute;
    }
    return isAllowed ? spte | executable : spte & ~executable;
  }

  // --- invariants ---

  /**
   * Checks that the writable bits of a shadow-present leaf are one of the four that may exist.
   *
   * @throws IllegalStateException naming the entry, decoded
   */
  public void checkWritable(long spte) {
    boolean isConsistent =
        isWritable(spte)
            ? isMmuWritable(spte) && isHostWritable(spte)
            : !isMmuWritable(spte) || isHostWritable(spte);
    if (!isConsistent) {
      throw new IllegalStateException(
          "writable bits that cannot be: " + SpteText.describe(this, spte, 1));
    }
  }

  /**
   * Checks a shadow-present entry of a table of {@code level} against the processor's format.
   *
   * @throws IllegalStateException naming the entry, decoded
   */
  public void checkReserved(long spte, int level) {
    if ((spte & reservedBits(spte, level)) != 0) {
      throw new IllegalStateException(
          "reserved bits set at level " + level + ": " + SpteText.describe(this, spte, level));
    }
  }

  /** The bits that must be clear in a shadow-present entry of a table of {@code level}. */
  public long reservedBits(long spte, int level) {
    long reserved = ADDRESS_MASK & -(1L << physicalAddressBits);
    boolean isLarge = (spte & LARGE) != 0;
    if (level > 3) {
      reserved |= LARGE;
    } else if (level > 1 && isLarge) {
      long low = kind == TdpKind.EPT ? 1L << 12 : 1L << 13;
      reserved |= (1L << 12 + (level - 1) * 9) - low;
    }
    if (kind == TdpKind.EPT && level > 1 && !isLarge) {
      reserved |= 0x78;
    }
    return reserved;
  }

  /** Whether an entry marked write-protect-only: kept for entries that PML must not log. */
  public static boolean isWriteProtectOnly(long spte) {
    return (spte & AD_KIND_MASK) == AD_WRITE_PROTECT_ONLY;
  }
}
