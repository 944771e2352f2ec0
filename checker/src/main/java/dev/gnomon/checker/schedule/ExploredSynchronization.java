package dev.gnomon.checker.schedule;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import dev.gnomon.mmu.sync.Rendezvous;
import dev.gnomon.mmu.sync.SpinLock;
import dev.gnomon.mmu.sync.Synchronization;

/**
 * Locks that are taken in one step, when they are free: what is explored above them need not
 * explore how they are made of words, which small programs do. Read-copy-update and the rendezvous
 * take fewer steps too.
 *
 * <p>The MMU lock is never said to be contended: where a holder yields is for scenarios with locks
 * made of words.
 */
final class ExploredSynchronization extends Synchronization {
  private final Stage stage;
  private final ExploredMemory memory;
  private final int cpus;

  ExploredSynchronization(Stage stage, ExploredPlatform platform) {
    this.stage = stage;
    memory = platform.explored();
    cpus = platform.cpus();
  }

  @Override
  public SpinLock spinLock() {
    return new ExploredSpinLock(
        new AbstractLock(
            stage,
            memory,
            stage.onlooker().isThere() ? "spin lock of " + Places.maker() : "spin lock"));
  }

  @Override
  public MmuLock mmuLock() {
    return new ExploredMmuLock(new AbstractLock(stage, memory, "mmu_lock"));
  }

  @Override
  public ReadCopyUpdate readCopyUpdate(ReadCopyUpdate.Reclaimer reclaimer) {
    return new ExploredReadCopyUpdate(stage, memory, cpus, reclaimer);
  }

  @Override
  public Rendezvous rendezvous(int vcpus) {
    return new ExploredRendezvous(stage, memory, vcpus);
  }

  private static final class ExploredSpinLock extends SpinLock {
    private final AbstractLock lock;

    ExploredSpinLock(AbstractLock lock) {
      this.lock = lock;
    }

    @Override
    public void lock(Cpu cpu) {
      lock.acquire(cpu.index(), Operation.LOCK_EXCLUSIVE);
    }

    @Override
    public void unlock(Cpu cpu) {
      lock.release(cpu.index(), Operation.UNLOCK_EXCLUSIVE);
    }

    @Override
    public boolean isHeldBy(Cpu cpu) {
      return lock.isHeldAloneBy(cpu.index());
    }
  }

  private static final class ExploredMmuLock extends MmuLock {
    private final AbstractLock lock;

    ExploredMmuLock(AbstractLock lock) {
      this.lock = lock;
    }

    @Override
    public void readLock(Cpu cpu) {
      lock.acquire(cpu.index(), Operation.LOCK_SHARED);
    }

    @Override
    public void readUnlock(Cpu cpu) {
      lock.release(cpu.index(), Operation.UNLOCK_SHARED);
    }

    @Override
    public void writeLock(Cpu cpu) {
      lock.acquire(cpu.index(), Operation.LOCK_EXCLUSIVE);
    }

    @Override
    public void writeUnlock(Cpu cpu) {
      lock.release(cpu.index(), Operation.UNLOCK_EXCLUSIVE);
    }

    @Override
    public boolean isReadBy(Cpu cpu) {
      return lock.isSharedBy(cpu.index());
    }

    @Override
    public boolean isWrittenBy(Cpu cpu) {
      return lock.isHeldAloneBy(cpu.index());
    }

    @Override
    public boolean isContended(Cpu cpu) {
      return false;
    }
  }
}
