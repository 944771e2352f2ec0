package dev.gnomon.bench.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.ReadCopyUpdate;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Questions about grace periods. */
public class ReadCopyUpdateStress {
  /** Does a poll reclaim what a reader may see? */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "It was there as long as the reader read.")
  @Outcome(id = "0", expect = FORBIDDEN, desc = "It was reclaimed under the reader.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class RetireAndPoll {
    final SharedWords head = Port.PLATFORM.newWords(1);
    final SharedWords alive = Port.PLATFORM.newWords(2);
    final ReadCopyUpdate rcu =
        Port.SYNCHRONIZATION.readCopyUpdate((cpu, node) -> alive.set((int) node, 0));
    final Cpu one = Port.PLATFORM.cpu(0);
    final Cpu two = Port.PLATFORM.cpu(1);

    public RetireAndPoll() {
      alive.set(0, 1);
      alive.set(1, 1);
    }

    @Actor
    public void replace() {
      head.set(0, 1);
      rcu.retire(one, 0);
      rcu.poll(one);
    }

    @Actor
    public void read(I_Result r) {
      rcu.readLock(two);
      r.r1 = (int) alive.get((int) head.get(0));
      rcu.readUnlock(two);
    }
  }

  /** Does a drain reclaim what a reader may see? */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "It was there as long as the reader read.")
  @Outcome(id = "0", expect = FORBIDDEN, desc = "It was reclaimed under the reader.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class RetireAndDrain {
    final SharedWords head = Port.PLATFORM.newWords(1);
    final SharedWords alive = Port.PLATFORM.newWords(2);
    final ReadCopyUpdate rcu =
        Port.SYNCHRONIZATION.readCopyUpdate((cpu, node) -> alive.set((int) node, 0));
    final Cpu one = Port.PLATFORM.cpu(0);
    final Cpu two = Port.PLATFORM.cpu(1);

    public RetireAndDrain() {
      alive.set(0, 1);
      alive.set(1, 1);
    }

    @Actor
    public void replace() {
      head.set(0, 1);
      rcu.retire(one, 0);
      rcu.drain(one);
    }

    @Actor
    public void read(I_Result r) {
      rcu.readLock(two);
      r.r1 = (int) alive.get((int) head.get(0));
      rcu.readUnlock(two);
    }
  }

  /** Is nothing left after a drain, whatever a reader does meanwhile? */
  @JCStressTest
  @Outcome(id = "0", expect = ACCEPTABLE, desc = "All was reclaimed.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class DrainIsComplete {
    final ReadCopyUpdate rcu = Port.SYNCHRONIZATION.readCopyUpdate(ReadCopyUpdate.NOTHING);
    final Cpu one = Port.PLATFORM.cpu(0);
    final Cpu two = Port.PLATFORM.cpu(1);

    @Actor
    public void drain(I_Result r) {
      rcu.retire(one, 0);
      rcu.drain(one);
      r.r1 = rcu.pending(one);
    }

    @Actor
    public void read() {
      rcu.readLock(two);
      rcu.readUnlock(two);
    }
  }

  /** Does synchronize return while a reader is inside that came before? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "The reader came late.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "The reader came early, and was waited for.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "What the reader found was freed under it.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class SynchronizeAndRead {
    final ReadCopyUpdate rcu = Port.SYNCHRONIZATION.readCopyUpdate(ReadCopyUpdate.NOTHING);
    final SharedWords linked = Port.PLATFORM.newWords(1);
    final SharedWords content = Port.PLATFORM.newWords(1);
    final Cpu one = Port.PLATFORM.cpu(0);
    final Cpu two = Port.PLATFORM.cpu(1);

    public SynchronizeAndRead() {
      linked.set(0, 1);
      content.set(0, 1);
    }

    @Actor
    public void unlink() {
      linked.set(0, 0);
      rcu.synchronize(one);
      content.set(0, 0);
    }

    @Actor
    public void read(II_Result r) {
      rcu.readLock(two);
      r.r1 = (int) linked.get(0);
      r.r2 = r.r1 == 0 ? 0 : (int) content.get(0);
      rcu.readUnlock(two);
    }
  }
}
