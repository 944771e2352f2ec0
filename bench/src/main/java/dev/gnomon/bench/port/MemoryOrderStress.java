package dev.gnomon.bench.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE_INTERESTING;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;

/** In which order do others see what is done to physical memory? */
public class MemoryOrderStress {

  /** Does whoever sees a byte see the int that was stored before it? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Came before the sender.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came between message and flag.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Came after the sender.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "Sees the flag, not the message.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class ByteAfterInt {
    final long at = Port.slot();

    @Actor
    public void send() {
      Port.MEMORY.setInt(at, 1);
      Port.MEMORY.setByte(at + 129, (byte) 1);
    }

    @Actor
    public void receive(II_Result r) {
      r.r1 = Port.MEMORY.getByte(at + 129);
      r.r2 = Port.MEMORY.getInt(at);
    }
  }

  /** Does whoever sees a long see the long that was stored before it? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Came before the sender.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came between message and flag.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Came after the sender.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "Sees the flag, not the message.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class LongAfterLong {
    final long at = Port.slot();

    @Actor
    public void send() {
      Port.MEMORY.setLong(at, 1);
      Port.MEMORY.setLong(at + 128, 1);
    }

    @Actor
    public void receive(II_Result r) {
      r.r1 = (int) Port.MEMORY.getLong(at + 128);
      r.r2 = (int) Port.MEMORY.getLong(at);
    }
  }

  /** Does whoever sees an int see the short that was stored before it? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Came before the sender.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came between message and flag.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Came after the sender.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "Sees the flag, not the message.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class IntAfterShort {
    final long at = Port.slot();

    @Actor
    public void send() {
      Port.MEMORY.setShort(at, (short) 1);
      Port.MEMORY.setInt(at + 128, 1);
    }

    @Actor
    public void receive(II_Result r) {
      r.r1 = Port.MEMORY.getInt(at + 128);
      r.r2 = Port.MEMORY.getShort(at);
    }
  }

  /** Does whoever sees a long see the bytes that were written before it in bulk? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Came before the sender.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came between message and flag.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Came after the sender.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "Sees the flag, not the message.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class LongAfterBytes {
    private static final byte[] ONE = {1, 0, 0, 0, 0, 0, 0, 0};
    final long at = Port.slot();

    @Actor
    public void send() {
      Port.MEMORY.write(at, ONE, 0, ONE.length);
      Port.MEMORY.setLong(at + 128, 1);
    }

    @Actor
    public void receive(II_Result r) {
      r.r1 = (int) Port.MEMORY.getLong(at + 128);
      r.r2 = (int) Port.MEMORY.getLong(at);
    }
  }

  /** With a full fence between, can two stores and loads miss each other? */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both see each other.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The first came first.")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "The second came first.")
  @Outcome(
      id = "0, 0",
      expect = FORBIDDEN,
      desc = "Neither sees the other: a load went ahead of the store before it.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class FencedStores {
    final long at = Port.slot();

    @Actor
    public void first(II_Result r) {
      Port.MEMORY.setLong(at, 1);
      Port.PLATFORM.fullFence();
      r.r1 = (int) Port.MEMORY.getLong(at + 128);
    }

    @Actor
    public void second(II_Result r) {
      Port.MEMORY.setLong(at + 128, 1);
      Port.PLATFORM.fullFence();
      r.r2 = (int) Port.MEMORY.getLong(at);
    }
  }

  /** Without a fence, do two stores and loads miss each other on this computer? */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both see each other.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The first came first.")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "The second came first.")
  @Outcome(
      id = "0, 0",
      expect = ACCEPTABLE_INTERESTING,
      desc = "Both loads went ahead of the stores: what the fence is for.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class UnfencedStores {
    final long at = Port.slot();

    @Actor
    public void first(II_Result r) {
      Port.MEMORY.setLong(at, 1);
      r.r1 = (int) Port.MEMORY.getLong(at + 128);
    }

    @Actor
    public void second(II_Result r) {
      Port.MEMORY.setLong(at + 128, 1);
      r.r2 = (int) Port.MEMORY.getLong(at);
    }
  }

  /** Is a read-modify-write of 4 bytes a full barrier? */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both see each other.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The first came first.")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "The second came first.")
  @Outcome(
      id = "0, 0",
      expect = FORBIDDEN,
      desc = "Neither sees the other: a load went ahead of the store before it.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class OrInts {
    final long at = Port.slot();

    @Actor
    public void first(II_Result r) {
      Port.MEMORY.getAndOrInt(at, 1);
      r.r1 = (int) Port.MEMORY.getLong(at + 128);
    }

    @Actor
    public void second(II_Result r) {
      Port.MEMORY.getAndOrInt(at + 128, 1);
      r.r2 = (int) Port.MEMORY.getLong(at);
    }
  }

  /** Is a compare-and-exchange of 8 bytes a full barrier? */
  @JCStressTest
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Both see each other.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The first came first.")
  @Outcome(id = "1, 0", expect = ACCEPTABLE, desc = "The second came first.")
  @Outcome(
      id = "0, 0",
      expect = FORBIDDEN,
      desc = "Neither sees the other: a load went ahead of the store before it.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class CompareAndExchangeLongs {
    final long at = Port.slot();

    @Actor
    public void first(II_Result r) {
      Port.MEMORY.compareAndExchangeLong(at, 0, 1);
      r.r1 = (int) Port.MEMORY.getLong(at + 128);
    }

    @Actor
    public void second(II_Result r) {
      Port.MEMORY.compareAndExchangeLong(at + 128, 0, 1);
      r.r2 = (int) Port.MEMORY.getLong(at);
    }
  }
}
