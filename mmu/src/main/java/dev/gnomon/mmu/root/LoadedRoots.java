package dev.gnomon.mmu.root;

import dev.gnomon.mmu.arch.PageLevel;
import dev.gnomon.mmu.event.Tracepoints;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.shadow.Foundation;
import dev.gnomon.mmu.shadow.GuestFormat;
import dev.gnomon.mmu.shadow.MmuPage;
import dev.gnomon.mmu.shadow.ShadowMmu;
import dev.gnomon.mmu.shadow.ShadowRoot;
import dev.gnomon.mmu.slot.Memslots;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.table.Role;
import java.util.Arrays;
import java.util.function.Consumer;
import java.util.function.Predicate;
import org.jspecify.annotations.Nullable;

/**
 * The roots of one MMU context of a vCPU: the one that is loaded, and those kept for later. Each
 * context has its own.
 *
 * <p>Used by that vCPU's CPU only, outside guest mode, not inside a read section of the memslots,
 * without the MMU lock.
 */
public final class LoadedRoots {
  private static final int PCID_MASK = 0xfff;

  private final int vcpu;
  private final TableSource source;
  private final ShadowMmu shadow;
  private final Memslots memslots;
  private final MmuLock mmuLock;
  private final ReadCopyUpdate rcu;
  private final Tracepoints trace;
  private final RootMaker maker;
  private final RootCache cache;
  private boolean owesSync;
  private boolean isOutdated;

  /**
   * Makes one without a root.
   *
   * @param source what the context translates by
   */
  public LoadedRoots(
      int vcpu,
      TableSource source,
      SpecialRootsRule specialRoots,
      ShadowMmu shadow,
      Foundation base) {
    this.vcpu = vcpu;
    this.source = source;
    this.shadow = shadow;
    memslots = base.memslots();
    mmuLock = base.mmuLock();
    rcu = base.rcu();
    trace = base.trace();
    maker = new RootMaker(shadow, specialRoots.create(shadow, base), base);
    cache = new RootCache(base.config().previousRoots(), maker::isKept);
  }

  /** Whether a root is loaded and in step with what the guest has flushed. */
  public boolean isReady() {
    return cache.current() != null && !owesSync && !isOutdated;
  }

  /**
   * The loaded root.
   *
   * @throws IllegalStateException if there is none
   */
  public ShadowRoot get() {
    ShadowRoot root = cache.current();
    if (root == null) {
      throw new IllegalStateException("no root is loaded");
    }
    return root;
  }

  /** Every root, loaded or kept: for an audit. */
  public void forEach(Consumer<ShadowRoot> taker) {
    ShadowRoot current = cache.current();
    if (current != null) {
      taker.accept(current);
    }
    for (int i = 0; i < RootCache.PREVIOUS; i++) {
      ShadowRoot previous = cache.previous(i);
      if (previous != null) {
        taker.accept(previous);
      }
    }
  }

  // --- the source says something else now ---

  /**
   * Another pgd, or role, is wanted: looks whether there is a root for it. If not, one is made at
   * the next {@link #load}.
   *
   * <p>Without the MMU lock if there is one. It may be obsolete: who has made it so has asked every
   * vCPU to drop such roots before it enters the guest.
   */
  public void switchRoot(Cpu cpu) {
    ShadowRoot current = cache.current();
    if (current != null && !maker.isKept(current)) {
      releaseCurrent(cpu);
    }
    boolean isFound = cache.find(source.pgd(), source.rootRole());
    ShadowRoot now = cache.current();
    if (now == null) {
      return;
    }
    MmuPage page = now.page();
    if (!isFound) {
      releaseCurrent(cpu);
    } else if (page != null) {
      ShadowMmu.used(page);
    }
  }

  /** What the loaded root was made of has changed: another is made at the next {@link #load}. */
  public void releaseCurrent(Cpu cpu) {
    isOutdated = false;
    release(cpu, cache.takeCurrent());
  }

  /**
   * As {@link #releaseCurrent}, at the next {@link #load}: for one who is inside a read section of
   * the memslots.
   */
  public void outdate() {
    isOutdated = true;
  }

  /**
   * At a fault, where PDPTEs lie in memory, not in registers: reads them again, if the rule wants
   * that. If they are no longer what the root was made of, it is outdated, and false is returned.
   * Without the MMU lock, inside a read section of the memslots.
   */
  public boolean verifyPdptes(Cpu cpu) {
    RootShape shape = RootShape.of(source);
    if (!maker.verifiesPdptes() || shape.isDirect() || shape.guestLevels() != PageLevel.LEVEL_1G) {
      return true;
    }
    long[] before = source.pdptes().clone();
    source.refresh(cpu);
    isOutdated |= !Arrays.equals(before, source.pdptes());
    return !isOutdated;
  }

  // --- invalidations by the guest ---

  /** One address is flushed, global translations too: under every root. */
  public void invalidateAddress(Cpu cpu, long address) {
    invalidateAddress(cpu, address, root -> true);
  }

  /** One address is flushed under some roots. */
  public void invalidateAddress(Cpu cpu, long address, Predicate<ShadowRoot> roots) {
    if (Role.isDirect(source.rootRole())) {
      return;
    }
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    GuestFormat guest = source.guest();
    forEach(
        root -> {
          if (roots.test(root) && !shadow.isObsolete(root)) {
            shadow.syncAddress(cpu, guest, root, address);
          }
        });
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  /** What the loaded root translates is flushed. */
  public void flushedCurrent() {
    owesSync = true;
  }

  /** All translations of a PCID are flushed: roots of that PCID that are kept go. */
  public void flushedKept(Cpu cpu, int pcid) {
    for (int i = 0; i < RootCache.PREVIOUS; i++) {
      ShadowRoot previous = cache.previous(i);
      if (previous != null && (previous.pgd() & PCID_MASK) == pcid) {
        release(cpu, cache.takePrevious(i));
      }
    }
  }

  /** All translations are flushed: roots that are kept, and are out of step, go. */
  public void flushedAll(Cpu cpu) {
    owesSync = true;
    for (int i = 0; i < RootCache.PREVIOUS; i++) {
      ShadowRoot previous = cache.previous(i);
      if (previous != null && ShadowMmu.hasUnsync(previous)) {
        release(cpu, cache.takePrevious(i));
      }
    }
  }

  // --- loading and dropping ---

  /**
   * Brings the loaded root into step with what the guest has flushed; makes one if there is none.
   * The vCPU must flush its TLB before it enters the guest.
   */
  public void load(Cpu cpu) {
    if (isOutdated) {
      releaseCurrent(cpu);
    }
    boolean isNew = cache.current() == null;
    if (isNew) {
      maker.prepare(cpu, source);
    } else if (get().hasPage() && !ShadowMmu.hasUnsync(get())) {
      // Looked at without the lock: who makes a table writable has marked its pages before.
      owesSync = false;
      return;
    }
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    if (isNew) {
      ShadowRoot made = maker.make(cpu, source);
      cache.setCurrent(made);
      trace.rootLoad(cpu, vcpu, made.hpa(), made.role());
    }
    ShadowRoot root = get();
    if (!root.isDirect() && ShadowMmu.hasUnsync(root)) {
      shadow.syncRoot(cpu, source.guest(), root);
    }
    owesSync = false;
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  /**
   * Drops what has become obsolete. The loaded root is dropped also if no page is behind it, which
   * could tell: every vCPU is asked to when any root's page goes.
   */
  public void dropObsolete(Cpu cpu) {
    mmuLock.writeLock(cpu);
    boolean[] drops = new boolean[RootCache.PREVIOUS];
    for (int i = 0; i < drops.length; i++) {
      ShadowRoot previous = cache.previous(i);
      drops[i] = previous != null && shadow.isObsolete(previous);
    }
    ShadowRoot current = cache.current();
    boolean dropsCurrent = current != null && (!current.hasPage() || shadow.isObsolete(current));
    mmuLock.writeUnlock(cpu);
    for (int i = 0; i < drops.length; i++) {
      if (drops[i]) {
        release(cpu, cache.takePrevious(i));
      }
    }
    if (dropsCurrent) {
      releaseCurrent(cpu);
    }
  }

  /** Drops all roots. */
  public void unloadAll(Cpu cpu) {
    for (int i = 0; i < RootCache.PREVIOUS; i++) {
      release(cpu, cache.takePrevious(i));
    }
    releaseCurrent(cpu);
  }

  private void release(Cpu cpu, @Nullable ShadowRoot root) {
    if (root == null) {
      return;
    }
    memslots.enter(cpu);
    mmuLock.writeLock(cpu);
    shadow.releaseRoot(cpu, root);
    mmuLock.writeUnlock(cpu);
    memslots.leave(cpu);
    rcu.poll(cpu);
  }

  /** Gives the vCPU's own frames back. All roots are dropped, and the vCPU runs no more. */
  public void close(Cpu cpu) {
    maker.close(cpu);
  }
}
