package dev.gnomon.bench.lincheck;

/** Any number of readers, or one writer. */
final class MmuLock {
  private int readers;
  private boolean isWritten;

  synchronized void readLock() {
    while (isWritten) {
      await();
    }
    readers++;
  }

  synchronized void readUnlock() {
    readers--;
    notifyAll();
  }

  synchronized void writeLock() {
    while (isWritten || readers > 0) {
      await();
    }
    isWritten = true;
  }

  synchronized void writeUnlock() {
    isWritten = false;
    notifyAll();
  }

  private void await() {
    try {
      wait();
    } catch (InterruptedException e) {
      throw new IllegalStateException("nobody interrupts", e);
    }
  }
}
