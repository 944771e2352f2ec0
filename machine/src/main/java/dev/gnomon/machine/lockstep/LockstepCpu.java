package dev.gnomon.machine.lockstep;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A CPU in lockstep, the thread that runs its body, and what it waits for. All but the turn belongs
 * to whoever has the turn.
 */
final class LockstepCpu extends Cpu {
  /**
   * So long it pays to wait for a turn awake: handing it to a thread that is awake costs a tenth.
   */
  private static final int SPINS = 200;

  private final Scheduler scheduler;
  private volatile boolean hasTurn;
  private @Nullable Thread thread;
  private @Nullable Wait wait;

  LockstepCpu(Scheduler scheduler, int index) {
    super(index);
    this.scheduler = scheduler;
  }

  @Override
  public void awaitChange(SharedWords words, int index, long seen) {
    await(new Wait.OnWord((LockstepWords) words, index, seen));
  }

  @Override
  public void awaitChange(PhysicalMemory memory, long hpa, long seen) {
    await(new Wait.OnMemory((LockstepMemory) memory, hpa, seen));
  }

  private void await(Wait awaited) {
    scheduler.step(Operation.AWAIT, awaited.place());
    if (awaited.isOver()) {
      return;
    }
    scheduler.requireRunning(this, awaited);
    wait = awaited;
    scheduler.giveWay(this);
  }

  @Override
  public void retrying() {
    scheduler.step(Operation.RETRY, 0);
    scheduler.giveWay(this);
  }

  @Override
  public int choose(int n) {
    scheduler.step(Operation.CHOOSE, n);
    return scheduler.choose(n);
  }

  /** Whether it has a body that has not ended. */
  boolean isLive() {
    return thread != null;
  }

  /** Whether it could take a step now. */
  boolean isReady() {
    return isLive() && (wait == null || wait.isOver());
  }

  @Nullable Wait waitsFor() {
    return wait;
  }

  @Nullable Thread thread() {
    return thread;
  }

  void begin(Thread bodyThread) {
    thread = bodyThread;
    wait = null;
  }

  void end() {
    thread = null;
    wait = null;
  }

  /** Gives it the turn. */
  void wake() {
    Thread target = thread;
    hasTurn = true;
    LockSupport.unpark(target);
  }

  /** Sleeps until it has the turn. */
  void awaitTurn() {
    for (int i = 0; i < SPINS && !hasTurn; i++) {
      Thread.onSpinWait();
    }
    while (!hasTurn) {
      LockSupport.park(this);
    }
    hasTurn = false;
    wait = null;
  }
}
