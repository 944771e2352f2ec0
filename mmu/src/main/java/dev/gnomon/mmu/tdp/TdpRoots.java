package dev.gnomon.mmu.tdp;

import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.sync.Synchronization;
import dev.gnomon.mmu.table.Role;
import dev.gnomon.mmu.table.ShadowPage;
import dev.gnomon.mmu.table.TableFrames;
import java.util.ArrayList;
import java.util.List;

/**
 * The roots of a VM, counted: one valid root, shared by all vCPUs, another for those that run L2,
 * and invalid ones on their way out.
 */
final class TdpRoots {
  private final TdpTables tables;
  private final TableFrames tableFrames;
  private final MmuLock mmuLock;
  private final SpinLock rootsLock;
  private final int role;
  private final List<TdpRoot> roots = new ArrayList<>();

  TdpRoots(
      Synchronization synchronization,
      MmuConfig config,
      TdpTables tables,
      TableFrames tableFrames,
      MmuLock mmuLock) {
    this.tables = tables;
    this.tableFrames = tableFrames;
    this.mmuLock = mmuLock;
    rootsLock = synchronization.spinLock();
    role = Role.direct(config.levels(), !config.accessedDirty());
  }

  /**
   * The valid root, made if there is none, with one user more. Not to be called under the MMU lock.
   *
   * @param isGuestMode whether L2 runs on it
   */
  TdpRoot acquire(Cpu cpu, boolean isGuestMode) {
    int wanted = isGuestMode ? Role.inGuestMode(role) : role;
    tableFrames.topUp(cpu);
    mmuLock.readLock(cpu);
    rootsLock.lock(cpu);
    TdpRoot found = null;
    for (TdpRoot root : roots) {
      if (!root.isInvalid() && root.page().role() == wanted) {
        found = root;
      }
    }
    if (found == null) {
      found = new TdpRoot(tables.create(cpu, 0, wanted));
      roots.add(found);
    }
    found.users++;
    rootsLock.unlock(cpu);
    mmuLock.readUnlock(cpu);
    return found;
  }

  /** Drops one user. The last one of an invalid, zapped root frees it. */
  void release(Cpu cpu, TdpRoot root) {
    rootsLock.lock(cpu);
    boolean isLast = --root.users == 0;
    if (isLast) {
      roots.remove(root);
    }
    rootsLock.unlock(cpu);
    if (isLast) {
      tables.retireRoot(cpu, root.page());
    }
  }

  /** All roots, invalid ones too, each with one user more: to be {@link #release released}. */
  List<TdpRoot> acquireAll(Cpu cpu) {
    rootsLock.lock(cpu);
    List<TdpRoot> all = List.copyOf(roots);
    for (TdpRoot root : all) {
      root.users++;
    }
    rootsLock.unlock(cpu);
    return all;
  }

  /** The pages of all roots, for one who looks on while nothing runs. */
  List<ShadowPage> pages() {
    return roots.stream().map(TdpRoot::page).toList();
  }

  /**
   * Under the write lock: marks all roots invalid; returns those that were not. Their users stay.
   */
  List<TdpRoot> invalidateAll(Cpu cpu) {
    List<TdpRoot> invalidated = new ArrayList<>();
    rootsLock.lock(cpu);
    for (TdpRoot root : roots) {
      if (!root.isInvalid()) {
        root.invalidate();
        invalidated.add(root);
      }
    }
    rootsLock.unlock(cpu);
    return invalidated;
  }
}
