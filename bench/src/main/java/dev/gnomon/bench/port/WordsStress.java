package dev.gnomon.bench.port;

import static org.openjdk.jcstress.annotations.Expect.ACCEPTABLE;
import static org.openjdk.jcstress.annotations.Expect.FORBIDDEN;

import dev.gnomon.mmu.platform.SharedWords;
import org.openjdk.jcstress.annotations.Actor;
import org.openjdk.jcstress.annotations.Arbiter;
import org.openjdk.jcstress.annotations.JCStressTest;
import org.openjdk.jcstress.annotations.Outcome;
import org.openjdk.jcstress.annotations.State;
import org.openjdk.jcstress.infra.results.II_Result;
import org.openjdk.jcstress.infra.results.I_Result;

/** Questions about shared words. */
public class WordsStress {
  /** Does whoever sees one word see the word that was stored before it? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Came before the sender.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came between message and flag.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Came after the sender.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "Sees the flag, not the message.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class SetAfterSet {
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    @Actor
    public void send() {
      words.set(0, 1);
      words.set(SharedWords.STRIDE, 1);
    }

    @Actor
    public void receive(II_Result r) {
      r.r1 = (int) words.get(SharedWords.STRIDE);
      r.r2 = (int) words.get(0);
    }
  }

  /** Does whoever sees a word see the memory that was stored before it? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Came before the sender.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came between message and flag.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Came after the sender.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "Sees the flag, not the message.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class WordAfterMemory {
    final long at = Port.slot();
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    @Actor
    public void send() {
      Port.MEMORY.setInt(at, 1);
      words.set(0, 1);
    }

    @Actor
    public void receive(II_Result r) {
      r.r1 = (int) words.get(0);
      r.r2 = Port.MEMORY.getInt(at);
    }
  }

  /** Does whoever sees memory see the word that was stored before it? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Came before the sender.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came between message and flag.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Came after the sender.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "Sees the flag, not the message.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class MemoryAfterWord {
    final long at = Port.slot();
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    @Actor
    public void send() {
      words.set(0, 1);
      Port.MEMORY.setInt(at, 1);
    }

    @Actor
    public void receive(II_Result r) {
      r.r1 = Port.MEMORY.getInt(at);
      r.r2 = (int) words.get(0);
    }
  }

  /** Does whoever sees a word see the plain field that was written before it? */
  @JCStressTest
  @Outcome(id = "0, 0", expect = ACCEPTABLE, desc = "Came before the sender.")
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "Came between message and flag.")
  @Outcome(id = "1, 1", expect = ACCEPTABLE, desc = "Came after the sender.")
  @Outcome(id = "1, 0", expect = FORBIDDEN, desc = "Sees the flag, not the message.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class PlainAfterWord {
    int plain;
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    @Actor
    public void send() {
      plain = 1;
      words.set(0, 1);
    }

    @Actor
    public void receive(II_Result r) {
      r.r1 = (int) words.get(0);
      r.r2 = plain;
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
  public static class FencedSets {
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    @Actor
    public void first(II_Result r) {
      words.set(0, 1);
      Port.PLATFORM.fullFence();
      r.r1 = (int) words.get(SharedWords.STRIDE);
    }

    @Actor
    public void second(II_Result r) {
      words.set(SharedWords.STRIDE, 1);
      Port.PLATFORM.fullFence();
      r.r2 = (int) words.get(0);
    }
  }

  /** Is an exchange a full barrier? */
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
  public static class GetAndSets {
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    @Actor
    public void first(II_Result r) {
      words.getAndSet(0, 1);
      r.r1 = (int) words.get(SharedWords.STRIDE);
    }

    @Actor
    public void second(II_Result r) {
      words.getAndSet(SharedWords.STRIDE, 1);
      r.r2 = (int) words.get(0);
    }
  }

  /** Is setting a bit a full barrier? */
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
  public static class GetAndOrs {
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    @Actor
    public void first(II_Result r) {
      words.getAndOr(0, 1);
      r.r1 = (int) words.get(SharedWords.STRIDE);
    }

    @Actor
    public void second(II_Result r) {
      words.getAndOr(SharedWords.STRIDE, 1);
      r.r2 = (int) words.get(0);
    }
  }

  /** Is a compare-and-exchange a full barrier? */
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
  public static class CompareAndExchanges {
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    @Actor
    public void first(II_Result r) {
      words.compareAndExchange(0, 0, 1);
      r.r1 = (int) words.get(SharedWords.STRIDE);
    }

    @Actor
    public void second(II_Result r) {
      words.compareAndExchange(SharedWords.STRIDE, 0, 1);
      r.r2 = (int) words.get(0);
    }
  }

  /** Is an addition atomic? */
  @JCStressTest
  @Outcome(id = "2", expect = ACCEPTABLE, desc = "Both took place.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class Adds {
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    @Actor
    public void first() {
      words.getAndAdd(0, 1);
    }

    @Actor
    public void second() {
      words.getAndAdd(0, 1);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = (int) words.get(0);
    }
  }

  /** Are setting one bit and clearing another atomic? */
  @JCStressTest
  @Outcome(id = "1", expect = ACCEPTABLE, desc = "Both took place.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class OrsAndAnds {
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    public OrsAndAnds() {
      words.set(0, 2);
    }

    @Actor
    public void first() {
      words.getAndOr(0, 1);
    }

    @Actor
    public void second() {
      words.getAndAnd(0, ~2);
    }

    @Arbiter
    public void result(I_Result r) {
      r.r1 = (int) words.get(0);
    }
  }

  /** Do two compare-and-exchanges of one word both succeed? */
  @JCStressTest
  @Outcome(id = "0, 1", expect = ACCEPTABLE, desc = "The first won, and the second saw its value.")
  @Outcome(id = "2, 0", expect = ACCEPTABLE, desc = "The second won, and the first saw its value.")
  @Outcome(id = "0, 0", expect = FORBIDDEN, desc = "Both won.")
  @Outcome(expect = FORBIDDEN, desc = "Nothing else can be.")
  @State
  public static class CompareAndExchangeOne {
    final SharedWords words = Port.PLATFORM.newWords(2 * SharedWords.STRIDE);

    @Actor
    public void first(II_Result r) {
      r.r1 = (int) words.compareAndExchange(0, 0, 1);
    }

    @Actor
    public void second(II_Result r) {
      r.r2 = (int) words.compareAndExchange(0, 0, 2);
    }
  }
}
