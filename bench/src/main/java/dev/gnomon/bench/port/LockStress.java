package dev.gnomon.bench.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.SpinLock;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Questions about the locks. */
public class LockStress {
  /** Does a spin lock keep two apart? */
  @JCStressTest
  @Outcome(id = "2", expect = ACCEPTABLE, desc = "One after the other.")
  @Outcome(id = "1", expect = FORBIDDEN, desc = "Both were inside at once.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class SpinLocks {
    final SpinLock lock = Port.SYNCHRONIZATION.spinLock();
    final Cpu one = Port.PLATFORM.cpu(0);
    final Cpu two = Port.PLATFORM.cpu(1);
    int plain;

    @Actor
    public void first() {
      lock.lock(one);
      plain++;
      lock.unlock(one);
    }

    @Actor
    public void second() {
      lock.lock(two);
      plain++;
      lock.unlock(two);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = plain;
    }
  }

  /** Does the MMU lock keep two writers apart? */
  @JCStressTest
  @Outcome(id = "2", expect = ACCEPTABLE, desc = "One after the other.")
  @Outcome(id = "1", expect = FORBIDDEN, desc = "Both were inside at once.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class Writers {
    final MmuLock lock = Port.SYNCHRONIZATION.mmuLock();
    final Cpu one = Port.PLATFORM.cpu(0);
    final Cpu two = Port.PLATFORM.cpu(1);
    int plain;

    @Actor
    public void first() {
      lock.writeLock(one);
      plain++;
      lock.writeUnlock(one);
    }

    @Actor
    public void second() {
      lock.writeLock(two);
      plain++;
      lock.writeUnlock(two);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = plain;
    }
  }

  /** Does the MMU lock keep a reader and a writer apart? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "The reader came first.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The writer came first.")
  @Outcome(id = "0, 1", expect = FORBIDDEN, desc = "The writer came while the reader was inside.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "The reader came while the writer was inside.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class ReaderAndWriter {
    final MmuLock lock = Port.SYNCHRONIZATION.mmuLock();
    final Cpu one = Port.PLATFORM.cpu(0);
    final Cpu two = Port.PLATFORM.cpu(1);
    int a;
    int b;

    @Actor
    public void write() {
      lock.writeLock(one);
      a = 1;
      b = 1;
      lock.writeUnlock(one);
    }

    @Actor
    public void read(II_Result r) {
      lock.readLock(two);
      r.r1 = a;
      r.r2 = b;
      lock.readUnlock(two);
    }
  }

  /** Does a writer wait for both readers, whichever came first? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Both came first.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The writer came first.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The writer came between them.")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "The writer came between them.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class ReadersAndWriter {
    final MmuLock lock = Port.SYNCHRONIZATION.mmuLock();
    final Cpu one = Port.PLATFORM.cpu(0);
    final Cpu two = Port.PLATFORM.cpu(1);
    final Cpu three = Port.PLATFORM.cpu(2);
    int a;
    int b;

    @Actor
    public void write() {
      lock.writeLock(one);
      a = 1;
      b = 1;
      lock.writeUnlock(one);
    }

    @Actor
    public void read(II_Result r) {
      lock.readLock(two);
      r.r1 = a == b ? a : -1;
      lock.readUnlock(two);
    }

    @Actor
    public void readToo(II_Result r) {
      lock.readLock(three);
      r.r2 = a == b ? a : -1;
      lock.readUnlock(three);
    }
  }
}
