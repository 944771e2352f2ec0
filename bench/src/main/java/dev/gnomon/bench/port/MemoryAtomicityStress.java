package dev.gnomon.bench.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Does anything come between the halves of an access to physical memory? */
public class MemoryAtomicityStress {

  /** Is an addition of 4 bytes atomic, next to another? */
  @JCStressTest
  @Outcome(id = "2", expect = ACCEPTABLE, desc = "Both took place.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class AddInts {
    final long at = Port.slot();

    @Actor
    public void first() {
      Port.MEMORY.getAndAddInt(at + 4, 1);
    }

    @Actor
    public void second() {
      Port.MEMORY.getAndAddInt(at + 4, 1);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = Port.MEMORY.getInt(at + 4);
    }
  }

  /** Is an addition of 8 bytes atomic? */
  @JCStressTest
  @Outcome(id = "2", expect = ACCEPTABLE, desc = "Both took place.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class AddLongs {
    final long at = Port.slot();

    @Actor
    public void first() {
      Port.MEMORY.getAndAddLong(at, 1);
    }

    @Actor
    public void second() {
      Port.MEMORY.getAndAddLong(at, 1);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = (int) Port.MEMORY.getLong(at);
    }
  }

  /** Are setting one bit and clearing another of 8 bytes atomic? */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "Both took place.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class OrAndAndLongs {
    final long at = Port.slot();

    public OrAndAndLongs() {
      Port.MEMORY.setLong(at, 2);
    }

    @Actor
    public void first() {
      Port.MEMORY.getAndOrLong(at, 1);
    }

    @Actor
    public void second() {
      Port.MEMORY.getAndAndLong(at, ~2L);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = (int) Port.MEMORY.getLong(at);
    }
  }

  /** Is a bit set in one half of 8 bytes lost when the other is added to? */
  @JCStressTest
  @Outcome(id = "3", expect = ACCEPTABLE, desc = "Both took place.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class OrAndAddInHalves {
    final long at = Port.slot();

    @Actor
    public void first() {
      Port.MEMORY.getAndOrInt(at, 1);
    }

    @Actor
    public void second() {
      Port.MEMORY.getAndAddInt(at + 4, 2);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = Port.MEMORY.getInt(at) + Port.MEMORY.getInt(at + 4);
    }
  }

  /** Does a store of a byte disturb its neighbour? */
  @JCStressTest
  @Outcome(id = "257", expect = ACCEPTABLE, desc = "Both took place.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class NeighbouringBytes {
    final long at = Port.slot();

    @Actor
    public void first() {
      Port.MEMORY.setByte(at, (byte) 1);
    }

    @Actor
    public void second() {
      Port.MEMORY.setByte(at + 1, (byte) 1);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = Port.MEMORY.getShort(at);
    }
  }

  /** Is the store of a byte lost to a bit set in the word around it? */
  @JCStressTest
  @Outcome(id = "257", expect = ACCEPTABLE, desc = "Both took place.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class ByteStoreAndBitSet {
    final long at = Port.slot();

    @Actor
    public void first() {
      Port.MEMORY.setByte(at, (byte) 1);
    }

    @Actor
    public void second() {
      Port.MEMORY.getAndOrLong(at, 256);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = (int) Port.MEMORY.getLong(at);
    }
  }

  /** Do two compare-and-exchanges of 4 bytes both succeed? */
  @JCStressTest
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The first won, and the second saw its value.")
  @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "The second won, and the first saw its value.")
  @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "Both won.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class CompareAndExchangeOneInt {
    final long at = Port.slot();

    @Actor
    public void first(II_Result r) {
      r.r1 = Port.MEMORY.compareAndExchangeInt(at, 0, 1);
    }

    @Actor
    public void second(II_Result r) {
      r.r2 = Port.MEMORY.compareAndExchangeInt(at, 0, 2);
    }
  }

  /** Do two compare-and-exchanges of 8 bytes both succeed? */
  @JCStressTest
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The first won, and the second saw its value.")
  @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "The second won, and the first saw its value.")
  @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "Both won.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class CompareAndExchangeOneLong {
    final long at = Port.slot();

    @Actor
    public void first(II_Result r) {
      r.r1 = (int) Port.MEMORY.compareAndExchangeLong(at, 0, 1);
    }

    @Actor
    public void second(II_Result r) {
      r.r2 = (int) Port.MEMORY.compareAndExchangeLong(at, 0, 2);
    }
  }
}
