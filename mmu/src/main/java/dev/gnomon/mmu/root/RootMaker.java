package dev.gnomon.mmu.root;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.table.TableFrames;

/**
 * Makes the roots of one MMU context of a vCPU, of every shape: a shadow page; four entries, with
 * or without tables above; or a page of nothing, where the guest's own root lies outside its
 * memory: the guest faults then, not the host.
 *
 * <p>Used by the vCPU's CPU only, outside guest mode.
 */
final class RootMaker {
  private static final long NONE = -1;

  private final ShadowMmu shadow;
  private final SpecialRootTables special;
  private final TableFrames tableFrames;
  private final Memslots memslots;
  private final Frames frames;
  private final PhysicalMemory memory;
  private long nothing = NONE;

  RootMaker(ShadowMmu shadow, SpecialRootTables special, Foundation base) {
    this.shadow = shadow;
    this.special = special;
    tableFrames = base.tableFrames();
    memslots = base.memslots();
    frames = base.platform().frames();
    memory = base.platform().memory();
  }

  /** Has ready what {@link #make} needs. Without the MMU lock, outside read sections. */
  void prepare(Cpu cpu, TableSource source) {
    tableFrames.topUp(cpu);
    memslots.enter(cpu);
    source.refresh(cpu);
    memslots.leave(cpu);
    RootShape shape = RootShape.of(source);
    if (shape.isSpecial()) {
      special.prepare(cpu, shape);
    } else if (nothing == NONE) {
      nothing = frames.allocateBelow4G(cpu);
      memory.fill(nothing, 0);
    }
  }

  /** Makes a root. Under the MMU lock for writing, inside a read section of the memslots. */
  ShadowRoot make(Cpu cpu, TableSource source) {
    shadow.makeRoom(cpu);
    RootShape shape = RootShape.of(source);
    if (shape.isSpecial()) {
      return special.make(cpu, source, shape);
    }
    int role = source.rootRole();
    if (Role.isDirect(role)) {
      return ShadowRoot.of(0, role, shadow.acquireRoot(cpu, source.guest(), 0, role));
    }
    long pgd = source.pgd();
    long top = source.topTable();
    if (!shadow.isVisible(top)) {
      return ShadowRoot.dummy(pgd, role, PhysicalMemory.hpa(nothing));
    }
    long gfn = PhysicalMemory.pfn(top);
    return ShadowRoot.of(pgd, role, shadow.acquireRoot(cpu, source.guest(), gfn, role));
  }

  /** Whether a root may be kept for when its pgd is loaded again. */
  boolean isKept(ShadowRoot root) {
    return root.isOrdinary() || root.isSpecial() && special.isKept();
  }

  /** Whether PDPTEs that lie in memory are to be looked at again at a fault. */
  boolean verifiesPdptes() {
    return special.verifiesPdptes();
  }

  /** Gives the vCPU's own frames back. No root is left. */
  void close(Cpu cpu) {
    special.close(cpu);
    if (nothing != NONE) {
      frames.free(cpu, nothing);
      nothing = NONE;
    }
  }
}
