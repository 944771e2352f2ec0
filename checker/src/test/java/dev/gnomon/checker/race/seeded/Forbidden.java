package dev.gnomon.checker.race.seeded;

import dev.gnomon.mmu.platform.SharedWords;
import java.util.concurrent.locks.ReentrantLock;

/** What no code that is explored may do. */
public final class Forbidden {
  private final ReentrantLock lock = new ReentrantLock();
  private final ThreadLocal<Integer> local = new ThreadLocal<>();
  private int count;

  /** A class whose initialiser yields, or would. */
  private static final class Yielding {
    static final SharedWords WORDS = new Words();
    static final long VALUE = WORDS.get(0);

    private Yielding() {}
  }

  private static final class Words extends SharedWords {
    @Override
    public int length() {
      return 1;
    }

    @Override
    public long get(int index) {
      return 0;
    }

    @Override
    public void set(int index, long value) {}

    @Override
    public long compareAndExchange(int index, long expected, long value) {
      return 0;
    }

    @Override
    public long getAndSet(int index, long value) {
      return 0;
    }

    @Override
    public long getAndAdd(int index, long delta) {
      return 0;
    }

    @Override
    public long getAndAnd(int index, long mask) {
      return 0;
    }

    @Override
    public long getAndOr(int index, long mask) {
      return 0;
    }
  }

  public synchronized void synchronizedMethod() {
    count++;
  }

  public void synchronizedBlock() {
    synchronized (lock) {
      count++;
    }
  }

  public void lock() {
    lock.lock();
    count++;
    lock.unlock();
  }

  public void notifyOthers() {
    synchronizedBlock();
    notifyAll();
  }

  public void threadLocal() {
    local.set(1);
  }

  public void yieldThread() {
    Thread.yield();
  }

  public long initializer() {
    return Yielding.VALUE;
  }
}
