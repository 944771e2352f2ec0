package dev.gnomon.machine.processor;

import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
import dev.gnomon.mmu.arch.ControlRegisters;
import dev.gnomon.mmu.arch.PagingFeatures;
import dev.gnomon.mmu.arch.PagingMode;
import dev.gnomon.mmu.arch.Permissions;
import dev.gnomon.mmu.arch.Privilege;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.spte.SpteFormat;
import java.util.List;

/**
 * How a processor translates what its TLB's first level does not know: by the second level, else by
 * a walk; and what it forgets when.
 *
 * <p>A forgetful one ({@link TlbConfig#isForgetful}) may have dropped whatever it holds when it is
 * looked for. That makes a difference only if a walk, now, would end otherwise than what it holds,
 * or would have to set A or D. So it looks, as a walk would, and only if there is a difference lets
 * nature choose.
 */
final class Translator {
  private final Cpu cpu;
  private final boolean isForgetful;
  private final Tlb tlb;
  private final NestedWalker nested;
  private final GuestWalker walker;
  private final ShadowWalker shadowWalker;
  private final boolean isShadowing;
  private final GuestPaging paging;
  private final EmulatedEntries emulated = new EmulatedEntries();
  private final WalkEnd end = new WalkEnd();
  private final GuestTables tables;
  private long misses;

  /**
   * Makes one that has cached nothing.
   *
   * @param memory as page walks see it
   */
  Translator(
      Cpu cpu,
      PhysicalMemory memory,
      SpteFormat format,
      VcpuMmu mmu,
      TlbConfig config,
      ProcessorModel model) {
    this.cpu = cpu;
    isForgetful = config.isForgetful();
    tlb = new Tlb(config);
    paging = new GuestPaging(PagingFeatures.of(format.physicalAddressBits()));
    nested = new NestedWalker(cpu, memory, format, mmu, config);
    tables = new GuestTables(memory, nested, emulated, end);
    walker = new GuestWalker(nested, paging, tables, end, format, config, model);
    shadowWalker = new ShadowWalker(memory, format, mmu, paging, end);
    isShadowing = mmu.isShadowing();
    load(ControlRegisters.RESET);
  }

  /** How the processor pages now. */
  GuestPaging paging() {
    return paging;
  }

  /** Entries of guest tables that the VMM has read for the access under way. */
  EmulatedEntries emulated() {
    return emulated;
  }

  /** Takes over registers; drops only what the first level knows of other rights. */
  void load(ControlRegisters registers) {
    shadowWalker.load(registers);
    if (paging.load(isShadowing ? RealRegisters.of(registers) : registers)) {
      tlb.clearFirst();
    }
  }

  /** L2 runs from now on, or L1 again: nothing that is cached stays. */
  void switched(boolean writesTables) {
    walker.setWritesTables(writesTables);
    dropAll();
  }

  /** What the walks of L1 do of themselves. */
  boolean writesTables() {
    return walker.writesTablesByDefault();
  }

  /** Takes over registers of which only CR3 is another. */
  void loadCr3(ControlRegisters registers) {
    // Where the guest's tables are shadowed, the processor's own CR3 is the MMU's root.
    if (!isShadowing) {
      paging.loadCr3(registers);
    }
  }

  /** The TLB's first level for accesses with a privilege: always the same array. */
  long[] firstLevel(Privilege who) {
    return tlb.first(distinct(who));
  }

  /** Without SMAP, EFLAGS.AC makes no difference. */
  private Privilege distinct(Privilege who) {
    return who == Privilege.SUPERVISOR_AC && !paging.permissions().asksForAlignmentCheck()
        ? Privilege.SUPERVISOR
        : who;
  }

  /** The hpa for an access, if the second level of the TLB serves it, else -1. */
  long find(Privilege who, long gva, AccessKind kind) {
    long known = tlb.find(gva);
    if (known == 0
        || !Translation.suffices(known, paging.permissions(), who, Permissions.bit(kind))) {
      misses++;
      return -1;
    }
    if (isForgetful) {
      if (probe(who, gva, kind) != known && cpu.choose(2) != 0) {
        tlb.dropFaulting(gva);
        misses++;
        return -1;
      }
    } else {
      tlb.fillFirst(gva, known, paging.permissions(), distinct(who));
    }
    return Translation.hpa(known, gva);
  }

  private long probe(Privilege who, long gva, AccessKind kind) {
    return isShadowing ? shadowWalker.probe(who, gva, kind) : walker.probe(who, gva, kind);
  }

  /** The hpa for an access, found by a walk, or -1: see {@link #end}. */
  long walk(Privilege who, long gva, AccessKind kind) {
    long translation =
        isShadowing ? shadowWalker.walk(who, gva, kind) : walker.walk(who, gva, kind);
    if (translation == 0) {
      return -1;
    }
    if (!isForgetful) {
      tlb.insert(gva, translation);
      tlb.fillFirst(gva, translation, paging.permissions(), distinct(who));
    } else if (paging.mode() != PagingMode.NONE) {
      // Without paging the nested walker remembers the same.
      tlb.insert(gva, translation);
    }
    return Translation.hpa(translation, gva);
  }

  /** Reads a PDPTE; false: see {@link #end}. */
  boolean readPdpte(long gpa, long[] into, int which) {
    if (!walker.readForLoad(gpa)) {
      return false;
    }
    into[which] = walker.loadedPdpte();
    return true;
  }

  /** How the last walk that found nothing ended. */
  WalkEnd end() {
    return end;
  }

  /** Where the last nested fault was; a gva where the guest's tables are shadowed. */
  long faultGpa() {
    return isShadowing ? shadowWalker.faultGva() : nested.faultGpa();
  }

  /**
   * Drops what is cached for an address whose access the guest's tables refuse. Intel SDM vol. 3A,
   * 4.10.4.1.
   */
  void dropGuestFault(long gva) {
    tlb.dropFaulting(gva);
    walker.dropFaulting(gva);
  }

  /**
   * Drops what is cached for the address of the last nested fault, and for the access that met it.
   * Intel SDM vol. 3C, 28.3.3.1.
   */
  void dropNestedFault(long gva) {
    dropGuestFault(gva);
    if (!isShadowing) {
      nested.dropFaulting(nested.faultGpa());
    }
  }

  /** INVLPG. */
  void dropPage(long gva) {
    tlb.drop(gva);
    walker.clear();
  }

  /** MOV CR3: global translations stay. */
  void dropNonGlobal() {
    tlb.dropNonGlobal();
    walker.clear();
  }

  /** Drops all that was made of guest tables; nested translations stay. */
  void dropGuest() {
    tlb.clear();
    walker.clear();
  }

  /** Drops everything. */
  void dropAll() {
    dropGuest();
    nested.clear();
  }

  /** Adds what its caches hold. */
  void list(List<CachedTranslation> into) {
    tlb.list(into);
    nested.list(into);
    walker.list(into);
  }

  /** How often neither level of the TLB could serve an access. */
  long misses() {
    return misses;
  }

  /** How many entries of tables, the guest's and the MMU's, were read. */
  long loads() {
    return tables.loads() + nested.loads() + shadowWalker.loads();
  }
}
