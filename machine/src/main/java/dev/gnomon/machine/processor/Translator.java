package dev.gnomon.machine.processor;

import dev.gnomon.mmu.VcpuMmu;
import dev.gnomon.mmu.arch.AccessKind;
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
      int nestedLevels,
      TlbConfig config) {
    this.cpu = cpu;
    isForgetful = config.isForgetful();
    tlb = new Tlb(config);
    nested = new NestedWalker(cpu, memory, format, mmu, nestedLevels, config);
    walker = new GuestWalker(memory, nested, format, config);
  }

  /** The TLB's first level for accesses in a mode: always the same array. */
  long[] firstLevel(boolean isUser) {
    return tlb.first(isUser);
  }

  /** The hpa for an access, if the second level of the TLB serves it, else -1. */
  long find(ControlRegisters registers, long gva, AccessKind kind) {
    long known = tlb.find(gva);
    if (known == 0 || !suffices(known, kind, registers.isUser())) {
      misses++;
      return -1;
    }
    if (isForgetful) {
      if (walker.probe(registers, gva, kind) != known && cpu.choose(2) != 0) {
        tlb.dropFaulting(gva);
        misses++;
        return -1;
      }
    } else {
      tlb.fillFirst(gva, known, registers.isUser());
    }
    return Translation.hpa(known, gva);
  }

  private static boolean suffices(long translation, AccessKind kind, boolean isUser) {
    long rights = Translation.rights(translation, isUser);
    return switch (kind) {
      case READ -> (rights & Translation.READ) != 0;
      case WRITE -> (rights & Translation.WRITE) != 0 && (translation & Translation.DIRTY) != 0;
      case FETCH -> (rights & Translation.EXECUTE) != 0;
    };
  }

  /** The hpa for an access, found by a walk, or -1: see {@link #outcome}. */
  long walk(ControlRegisters registers, long gva, AccessKind kind) {
    long translation = walker.walk(registers, gva, kind);
    if (translation == 0) {
      return -1;
    }
    if (!isForgetful) {
      tlb.insert(gva, translation);
      tlb.fillFirst(gva, translation, registers.isUser());
    } else if (registers.isPaging()) {
      // Without paging the nested walker remembers the same.
      tlb.insert(gva, translation);
    }
    return Translation.hpa(translation, gva);
  }

  /** How the last walk that found nothing ended. */
  GuestWalker.Outcome outcome() {
    return walker.outcome();
  }

  /** The error code of the last fault, the guest's or the nested one. */
  long faultCode() {
    return walker.faultCode();
  }

  /** Where the last nested fault was. */
  long faultGpa() {
    return nested.faultGpa();
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
    nested.dropFaulting(nested.faultGpa());
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
    return walker.loads() + nested.loads();
  }
}
