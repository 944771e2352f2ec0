package dev.gnomon.machine.fuzz;

import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlBits;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.GuestEntry;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.arch.ReferenceWalk;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How the addresses of a vCPU must be translated: its registers, the walk of the tables as they
 * are, and since when it has flushed what. What it may have cached, {@link CachedWays} says.
 *
 * <p>Source: Intel SDM vol. 3A, 4.10.2 to 4.10.4.
 */
final class GuestTranslation {
  static final int MOST_READS = 6;

  private final FuzzConfig config;
  private final FuzzVm vm;
  private final Mirror mirror;
  private final PagingFeatures features;

  private ControlRegisters registers = ControlRegisters.RESET;
  private long[] pdptes = new long[4];
  private ReferenceWalk walk;

  /** The entries of the last walk: their gpas, from the top. */
  private final long[] read = new long[MOST_READS];

  private int reads;

  /** A root that was loaded, until a time. */
  record Root(long cr3, long[] pdptes, long pcid, int until) {}

  private final List<Root> roots = new ArrayList<>();
  private final Map<Long, Integer> contextFlushes = new HashMap<>();
  private final Map<Long, Integer> pageFlushes = new HashMap<>();
  private final Map<Long, Integer> contextPageFlushes = new HashMap<>();
  private int fullFlush;
  private int allContextsFlush;

  GuestTranslation(FuzzConfig config, FuzzVm vm, Mirror mirror, PagingFeatures features) {
    this.config = config;
    this.vm = vm;
    this.mirror = mirror;
    this.features = features;
    walk = newWalk();
  }

  ControlRegisters registers() {
    return registers;
  }

  private ReferenceWalk newWalk() {
    return new ReferenceWalk(this::entry, registers, features, pdptes);
  }

  // --- entries ---

  /** An entry as the mirror has it; what is no memory is ones, or nothing to a shadowing MMU. */
  long value(long gpa, int bytes) {
    int page = vm.page(gpa);
    if (page == FuzzVm.NOWHERE) {
      return config.isShadow() ? 0 : -1L >>> Long.SIZE - 8 * bytes;
    }
    return part(mirror.get(word(page, gpa)), gpa, bytes);
  }

  static int word(int page, long gpa) {
    return page * Mirror.WORDS + (int) (gpa >>> 3 & Mirror.WORDS - 1);
  }

  static long part(long word, long gpa, int bytes) {
    return bytes == 8 ? word : word >>> 8 * (gpa & 4) & 0xffff_ffffL;
  }

  private long entry(long gpa, int bytes) {
    read[reads++] = gpa;
    return value(gpa, bytes);
  }

  /** The way of an access by the tables as they are. */
  Way walk(long gva, AccessKind kind, Privilege who) {
    reads = 0;
    ReferenceWalk.Result result = walk.walk(gva, kind, who);
    return new Way(result, Arrays.copyOf(read, reads), new boolean[reads]);
  }

  /** A walk by entries and a root of somebody's choice. */
  ReferenceWalk walkBy(ReferenceWalk.Entries entries, long cr3, long[] itsPdptes) {
    return new ReferenceWalk(entries, registers.withCr3(cr3), features, itsPdptes);
  }

  /**
   * Whether a write need not set D in the leaf of its way: to a page without memory where tables
   * are shadowed. What is remembered of MMIO does not say whether D was set; without CR0.WP a
   * supervisor's write goes by it, in KVM too.
   */
  boolean mayLackDirty(Way way, Privilege who) {
    return config.isShadow()
        && !who.isUser()
        && (registers.cr0() & ControlBits.CR0_WP) == 0
        && vm.page(way.gpa()) == FuzzVm.NOWHERE;
  }

  // --- registers ---

  long pcid() {
    return (registers.cr4() & ControlBits.CR4_PCIDE) == 0 ? 0 : registers.cr3() & 0xfff;
  }

  private void install(ControlRegisters next, long[] nextPdptes) {
    roots.add(new Root(registers.cr3(), pdptes, pcid(), mirror.tick()));
    registers = next;
    pdptes = nextPdptes;
    walk = newWalk();
  }

  /** Reads what a load of PDPTEs reads; null if they cannot be loaded. */
  private long[] readPdptes(ControlRegisters next) {
    long[] values = new long[4];
    long reserved = 0b1_1110_0110 | -1L << features.physicalAddressBits();
    for (int i = 0; i < values.length; i++) {
      values[i] = value(next.topTable() + 8L * i, 8);
      if ((values[i] & GuestEntry.PRESENT) != 0 && (values[i] & reserved) != 0) {
        return new long[0];
      }
    }
    return values;
  }

  /** All registers at once. */
  void load(ControlRegisters next) {
    long[] values = next.mode() == PagingMode.PAE ? readPdptes(next) : pdptes;
    install(next, values.length == 0 ? new long[4] : values);
    flushAll();
  }

  /** MOV CR3; false if it cannot be loaded. */
  boolean loadCr3(long operand) {
    boolean hasPcids = (registers.cr4() & ControlBits.CR4_PCIDE) != 0;
    ControlRegisters next =
        registers.withCr3(hasPcids ? operand & ~ControlBits.CR3_NO_FLUSH : operand);
    long[] values = next.mode() == PagingMode.PAE ? readPdptes(next) : pdptes;
    if (values.length == 0) {
      return false;
    }
    install(next, values);
    if (!hasPcids || operand >= 0) {
      contextFlushes.put(pcid(), mirror.tick());
    }
    return true;
  }

  /** MOV CR0, CR4, EFER; false if PDPTEs cannot be loaded. */
  boolean loadModes(ControlRegisters modes) {
    ControlRegisters next = registers.withModes(modes.cr0(), modes.cr4(), modes.efer());
    long changed4 = registers.cr4() ^ next.cr4();
    long changed0 = registers.cr0() ^ next.cr0();
    boolean isPae = next.mode() == PagingMode.PAE;
    boolean isLoad =
        isPae
            && (registers.mode() != PagingMode.PAE
                || (changed0 & ControlBits.CR0_PG) != 0
                || (changed4
                        & (ControlBits.CR4_PAE
                            | ControlBits.CR4_PGE
                            | ControlBits.CR4_PSE
                            | ControlBits.CR4_SMEP))
                    != 0);
    long[] values = isLoad ? readPdptes(next) : pdptes;
    if (values.length == 0) {
      return false;
    }
    boolean isOther = next.mode() != registers.mode();
    install(next, values);
    long flushing =
        ControlBits.CR4_PAE
            | ControlBits.CR4_PGE
            | ControlBits.CR4_PSE
            | ControlBits.CR4_LA57
            | ControlBits.CR4_PCIDE;
    if (isOther || (changed4 & flushing) != 0) {
      flushAll();
    }
    return true;
  }

  void setPkru(int pkru) {
    registers = registers.withPkru(pkru);
    walk = newWalk();
  }

  void setPrivilege(boolean isUser, boolean isAlignmentCheck) {
    registers = registers.withPrivilege(isUser, isAlignmentCheck);
  }

  // --- what the guest flushes ---

  void flushAll() {
    fullFlush = mirror.tick();
    roots.clear();
    contextFlushes.clear();
    pageFlushes.clear();
    contextPageFlushes.clear();
  }

  /** INVPCID type 1. */
  void flushContext(long pcid) {
    contextFlushes.put(pcid, mirror.tick());
  }

  /** INVPCID type 3. */
  void flushAllButGlobal() {
    allContextsFlush = mirror.tick();
  }

  /** INVLPG. */
  void invlpg(long gva) {
    int now = mirror.tick();
    pageFlushes.put(gva >>> 12, now);
    contextPageFlushes.put(key(gva), now);
  }

  /** INVPCID type 0: what is global stays. */
  void invpcid(long pcid, long gva) {
    contextPageFlushes.put(gva >>> 12 << 12 | pcid, mirror.tick());
  }

  boolean hasPcids() {
    return (registers.cr4() & ControlBits.CR4_PCIDE) != 0;
  }

  private long key(long gva) {
    return gva >>> 12 << 12 | pcid();
  }

  // --- since when ---

  /** The roots that were loaded since everything was flushed, but for the present one. */
  List<Root> roots() {
    return roots;
  }

  long[] pdptes() {
    return pdptes;
  }

  /** When what is not global was last flushed for an address, in the present PCID. */
  int nonGlobalFlush(long gva) {
    int all = Math.max(fullFlush, allContextsFlush);
    int context = contextFlushes.isEmpty() ? 0 : contextFlushes.getOrDefault(pcid(), 0);
    int page = contextPageFlushes.isEmpty() ? 0 : contextPageFlushes.getOrDefault(key(gva), 0);
    return Math.max(all, Math.max(context, page));
  }

  /** When what is global was last flushed for an address. */
  int globalFlush(long gva) {
    return Math.max(fullFlush, pageFlushes.getOrDefault(gva >>> 12, 0));
  }
}
