package dev.gnomon.mmu.config;

import java.util.function.Consumer;

/**
 * How a VM's MMU is set up; fixed when the VM is made.
 *
 * @param tdp whose two-dimensional paging walks the tables: what is a fault, a reserved bit, an
 *     MMIO mark
 * @param layout where entries have their bits; another layout than the processor's own works only
 *     as far as their low bits agree: EPT's without A/D, on NPT
 * @param accessedDirty whether the processor sets A and D in TDP entries; NPT always does
 * @param memoryType EPT's layout: whether leaves bear a memory type, write-back, and ignore the PAT
 * @param executeOnly EPT: whether an entry may allow execution without reads
 * @param levels levels of the TDP page table, 4 or 5
 * @param physicalAddressBits MAXPHYADDR of the host, 36 to 52
 * @param largestLevel the largest page that may be mapped: 1 (4 KiB), 2 (2 MiB) or 3 (1 GiB)
 * @param dirtyLog how writes to dirty-logged slots are noticed
 * @param manualProtect a get of the dirty bitmap does not re-protect; a clear does
 * @param initiallySet with manual protect: switching the log on reports every page dirty and
 *     protects nothing before its first clear
 * @param ringEntries entries of each vCPU's dirty ring, a power of two, at least 1024; where not
 *     all entries of tables are used, at least 8
 * @param eagerSplit switching the log on splits large pages before they are written
 * @param nxHugePages large pages are mapped without execute permission, and split when executed
 *     from
 * @param writeTracking gfns may be write-tracked by {@code Mmu.writeTrack}; costs two bytes a page
 * @param tableEntries how many entries of each table the MMU uses, from the first: 512, or, for an
 *     exploration, a smaller power of two, at least 8. The guest then may touch only gfns of which
 *     no index into a table is beyond ({@link #isMappable}); all else stays as it is
 * @param vcpus how many vCPUs the VM has
 * @param mmu which MMU fills the tables that the processor walks
 * @param hostBits the word size of the host: 32 means PAE tables, three levels, and no TDP MMU
 * @param shadowPages the most pages that the shadow MMU keeps before it recycles the oldest; 0: as
 *     many as the memslots' size allows
 * @param previousRoots how many roots a vCPU keeps beside the one in use, 0 to {@value
 *     #MOST_PREVIOUS_ROOTS}: to see what keeping them is good for
 * @param unsync whether the guest may write its level-1 tables without an exit until it flushes; if
 *     not, each write exits: to see what that is good for
 * @param nested whether the guest may be a hypervisor: its nested tables are shadowed then
 */
public record MmuConfig(
    TdpKind tdp,
    SpteLayout layout,
    boolean memoryType,
    boolean accessedDirty,
    boolean executeOnly,
    int levels,
    int physicalAddressBits,
    int largestLevel,
    DirtyLogKind dirtyLog,
    boolean manualProtect,
    boolean initiallySet,
    int ringEntries,
    boolean eagerSplit,
    boolean nxHugePages,
    boolean writeTracking,
    int tableEntries,
    int vcpus,
    MmuKind mmu,
    int hostBits,
    int shadowPages,
    int previousRoots,
    boolean unsync,
    boolean nested) {

  /** The entries of a table. */
  public static final int TABLE_ENTRIES = 512;

  /** The roots that a vCPU keeps beside the one in use, as KVM has it. */
  public static final int MOST_PREVIOUS_ROOTS = 3;

  private static final int FEWEST_TABLE_ENTRIES = 8;
  private static final int INDEX_BITS = 9;
  private static final long PAE_GFNS = 1L << 32 - 12;
  private static final long MAXIMUM_GFNS = 1L << 52 - 12;

  /** A small dirty ring would have no room for what a full PML buffer or a walk may still add. */
  public static final int MINIMUM_RING_ENTRIES = 1024;

  public MmuConfig {
    require(hostBits == 32 || hostBits == 64, "a host has 32 or 64 bits");
    require(
        hostBits == 32 ? levels == 3 : levels == 4 || levels == 5,
        "levels must be 4 or 5, on a 32-bit host 3");
    require(hostBits == 64 || mmu != MmuKind.TDP, "a 32-bit host has no TDP MMU");
    require(
        mmu != MmuKind.SHADOW || layout == SpteLayout.LEGACY,
        "shadow paging has the legacy layout");
    require(!nested || hostBits == 64 || tdp == TdpKind.NPT, "EPT in a guest needs a 64-bit host");
    require(shadowPages >= 0, "a limit of shadow pages is at least 1, or 0 for none of its own");
    require(previousRoots >= 0 && previousRoots <= 3, "a vCPU keeps 0 to 3 previous roots");
    require(
        physicalAddressBits >= 36 && physicalAddressBits <= 52,
        "physical address bits must be 36 to 52");
    require(largestLevel >= 1 && largestLevel <= 3, "the largest level must be 1, 2 or 3");
    require(layout == SpteLayout.EPT || tdp == TdpKind.NPT, "an EPT processor needs EPT's layout");
    require(layout == SpteLayout.EPT || !memoryType, "only EPT's layout has a memory type");
    require(accessedDirty || layout == SpteLayout.EPT, "NPT always has accessed and dirty bits");
    require(
        tdp == TdpKind.EPT
            || layout == SpteLayout.LEGACY
            || !accessedDirty && !memoryType && !executeOnly && !nxHugePages,
        "NPT walks EPT's layout only without A/D, memory type, execute-only and NX huge pages");
    require(
        dirtyLog != DirtyLogKind.PML || tdp == TdpKind.EPT,
        "page-modification logging needs an Intel processor");
    require(manualProtect || !initiallySet, "an initially set log needs manual protect");
    require(
        tableEntries >= FEWEST_TABLE_ENTRIES
            && tableEntries <= TABLE_ENTRIES
            && Integer.bitCount(tableEntries) == 1,
        "a table has a power of two entries, 8 to 512");
    int fewest = tableEntries < TABLE_ENTRIES ? FEWEST_TABLE_ENTRIES : MINIMUM_RING_ENTRIES;
    require(
        ringEntries >= fewest && Integer.bitCount(ringEntries) == 1,
        "a dirty ring has a power of two entries, at least " + fewest);
    require(vcpus >= 1, "a VM has at least one vCPU");
  }

  /** With every root kept that KVM keeps, and unsync tables. */
  public MmuConfig(
      TdpKind tdp,
      SpteLayout layout,
      boolean memoryType,
      boolean accessedDirty,
      boolean executeOnly,
      int levels,
      int physicalAddressBits,
      int largestLevel,
      DirtyLogKind dirtyLog,
      boolean manualProtect,
      boolean initiallySet,
      int ringEntries,
      boolean eagerSplit,
      boolean nxHugePages,
      boolean writeTracking,
      int tableEntries,
      int vcpus,
      MmuKind mmu,
      int hostBits,
      int shadowPages) {
    this(
        tdp,
        layout,
        memoryType,
        accessedDirty,
        executeOnly,
        levels,
        physicalAddressBits,
        largestLevel,
        dirtyLog,
        manualProtect,
        initiallySet,
        ringEntries,
        eagerSplit,
        nxHugePages,
        writeTracking,
        tableEntries,
        vcpus,
        mmu,
        hostBits,
        shadowPages,
        MOST_PREVIOUS_ROOTS,
        true,
        false);
  }

  /** A VM on a current processor of the kind, with every feature at KVM's default. */
  public static MmuConfig of(TdpKind tdp, int vcpus) {
    return new MmuConfig(
        tdp,
        SpteLayout.of(tdp),
        tdp == TdpKind.EPT,
        true,
        true,
        4,
        46,
        3,
        DirtyLogKind.BITMAP,
        false,
        false,
        65536,
        true,
        false,
        false,
        TABLE_ENTRIES,
        vcpus,
        MmuKind.TDP,
        64,
        0);
  }

  /**
   * The first gfn for which there is no entry in the tables, all their entries used. TDP tables of
   * a 32-bit host are PAE's and translate 32 bits of a gpa; others translate 9 bits a level, and no
   * gpa has more than 52. Shadow pages stand for addresses of the guest's own, so there gpas have
   * all 52.
   */
  public long endGfn() {
    if (mmu == MmuKind.SHADOW) {
      return MAXIMUM_GFNS;
    }
    return hostBits == 32 ? PAE_GFNS : Math.min(MAXIMUM_GFNS, 1L << INDEX_BITS * levels);
  }

  /**
   * Whether the tables have an entry for this gfn, and no index into a table on the way to it is
   * beyond the entries that are used. Where the guest's tables are shadowed it is the page of one
   * of its own addresses, of which every canonical one has an entry.
   */
  public boolean isMappable(long gfn) {
    if (mmu != MmuKind.SHADOW && gfn >= endGfn()) {
      return false;
    }
    if (tableEntries < TABLE_ENTRIES) {
      long beyond = TABLE_ENTRIES - tableEntries;
      for (long indices = gfn; indices != 0; indices >>>= INDEX_BITS) {
        if ((indices & beyond) != 0) {
          return false;
        }
      }
    }
    return true;
  }

  /** Whether writes are noticed by cleared D bits: PML, which only works with A/D bits on. */
  public boolean logsByDirtyBit() {
    return dirtyLog == DirtyLogKind.PML && accessedDirty;
  }

  /** A copy to be changed before it becomes a configuration again. */
  private static final class Draft {
    TdpKind tdp;
    SpteLayout layout;
    boolean memoryType;
    boolean accessedDirty;
    boolean executeOnly;
    int levels;
    int physicalAddressBits;
    int largestLevel;
    DirtyLogKind dirtyLog;
    boolean manualProtect;
    boolean initiallySet;
    int ringEntries;
    boolean eagerSplit;
    boolean nxHugePages;
    boolean writeTracking;
    int tableEntries;
    int vcpus;
    MmuKind mmu;
    int hostBits;
    int shadowPages;
    int previousRoots;
    boolean unsync;
    boolean nested;

    Draft(MmuConfig from) {
      tdp = from.tdp;
      layout = from.layout;
      memoryType = from.memoryType;
      accessedDirty = from.accessedDirty;
      executeOnly = from.executeOnly;
      levels = from.levels;
      physicalAddressBits = from.physicalAddressBits;
      largestLevel = from.largestLevel;
      dirtyLog = from.dirtyLog;
      manualProtect = from.manualProtect;
      initiallySet = from.initiallySet;
      ringEntries = from.ringEntries;
      eagerSplit = from.eagerSplit;
      nxHugePages = from.nxHugePages;
      writeTracking = from.writeTracking;
      tableEntries = from.tableEntries;
      vcpus = from.vcpus;
      mmu = from.mmu;
      hostBits = from.hostBits;
      shadowPages = from.shadowPages;
      previousRoots = from.previousRoots;
      unsync = from.unsync;
      nested = from.nested;
    }

    MmuConfig finish() {
      return new MmuConfig(
          tdp,
          layout,
          memoryType,
          accessedDirty,
          executeOnly,
          levels,
          physicalAddressBits,
          largestLevel,
          dirtyLog,
          manualProtect,
          initiallySet,
          ringEntries,
          eagerSplit,
          nxHugePages,
          writeTracking,
          tableEntries,
          vcpus,
          mmu,
          hostBits,
          shadowPages,
          previousRoots,
          unsync,
          nested);
    }
  }

  private MmuConfig changed(Consumer<Draft> change) {
    Draft draft = new Draft(this);
    change.accept(draft);
    return draft.finish();
  }

  /** Entries laid out as EPT's without A/D bits, memory type and execute-only pages. */
  public MmuConfig withBareEptLayout() {
    return changed(
        draft -> {
          draft.layout = SpteLayout.EPT;
          draft.memoryType = false;
          draft.accessedDirty = false;
          draft.executeOnly = false;
        });
  }

  public MmuConfig withMemoryType(boolean value) {
    return changed(draft -> draft.memoryType = value);
  }

  public MmuConfig withExecuteOnly(boolean value) {
    return changed(draft -> draft.executeOnly = value);
  }

  public MmuConfig withAccessedDirty(boolean value) {
    return changed(draft -> draft.accessedDirty = value);
  }

  public MmuConfig withLevels(int value) {
    return changed(draft -> draft.levels = value);
  }

  public MmuConfig withPhysicalAddressBits(int value) {
    return changed(draft -> draft.physicalAddressBits = value);
  }

  public MmuConfig withLargestLevel(int value) {
    return changed(draft -> draft.largestLevel = value);
  }

  public MmuConfig withDirtyLog(DirtyLogKind value) {
    return changed(draft -> draft.dirtyLog = value);
  }

  public MmuConfig withManualProtect(boolean value, boolean startsSet) {
    return changed(
        draft -> {
          draft.manualProtect = value;
          draft.initiallySet = startsSet;
        });
  }

  public MmuConfig withRingEntries(int value) {
    return changed(draft -> draft.ringEntries = value);
  }

  public MmuConfig withEagerSplit(boolean value) {
    return changed(draft -> draft.eagerSplit = value);
  }

  public MmuConfig withNxHugePages(boolean value) {
    return changed(draft -> draft.nxHugePages = value);
  }

  public MmuConfig withWriteTracking(boolean value) {
    return changed(draft -> draft.writeTracking = value);
  }

  public MmuConfig withVcpus(int value) {
    return changed(draft -> draft.vcpus = value);
  }

  public MmuConfig withTableEntries(int value) {
    return changed(draft -> draft.tableEntries = value);
  }

  /** With another MMU. */
  public MmuConfig withMmu(MmuKind value) {
    return changed(draft -> draft.mmu = value);
  }

  /** On a host of 32 or 64 bits, with the levels that its tables have. */
  public MmuConfig withHostBits(int value) {
    return changed(
        draft -> {
          draft.hostBits = value;
          draft.levels = value == 32 ? 3 : Math.max(4, draft.levels);
          draft.largestLevel = value == 32 ? Math.min(2, draft.largestLevel) : draft.largestLevel;
        });
  }

  public MmuConfig withShadowPages(int value) {
    return changed(draft -> draft.shadowPages = value);
  }

  /** With another number of roots that a vCPU keeps; 0 switches the root cache off. */
  public MmuConfig withPreviousRoots(int value) {
    return changed(draft -> draft.previousRoots = value);
  }

  /** With unsync tables, or without. */
  public MmuConfig withUnsync(boolean value) {
    return changed(draft -> draft.unsync = value);
  }

  /** With a guest that may be a hypervisor, or not. */
  public MmuConfig withNested(boolean value) {
    return changed(draft -> draft.nested = value);
  }

  /** Whether the slots have reverse maps: where the shadow MMU maps anything. */
  public boolean hasReverseMaps() {
    return nested || mmu != MmuKind.TDP;
  }

  /** Whether tables of the guest's may be shadowed, which have to be write-tracked then. */
  public boolean shadowsTables() {
    return nested || mmu == MmuKind.SHADOW;
  }

  private static void require(boolean condition, String message) {
    if (!condition) {
      throw new IllegalArgumentException(message);
    }
  }
}
