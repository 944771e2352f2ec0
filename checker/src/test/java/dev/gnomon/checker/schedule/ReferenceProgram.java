package dev.gnomon.checker.schedule;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.IntStream;

/**
 * A small program whose executions can be counted by hand or by plain enumeration.
 *
 * @param name for messages
 * @param words how many shared words it has, all 0 at first
 * @param locks how many locks
 * @param threads what each thread does; what it does next may depend only on what it got so far
 */
record ReferenceProgram(String name, int words, int locks, List<Body> threads) {

  /** A thread. */
  @FunctionalInterface
  interface Body {
    void run(ReferenceAccess access);
  }

  static ReferenceProgram of(String name, int words, Body... threads) {
    return new ReferenceProgram(name, words, 0, List.of(threads));
  }

  /** A straight-line program given as data, an array of instructions for each thread. */
  static ReferenceProgram straight(String name, int words, List<List<Instruction>> threads) {
    String text =
        threads.stream()
            .map(each -> each.stream().map(Instruction::toString).collect(Collectors.joining("; ")))
            .collect(Collectors.joining(" || "));
    List<Body> bodies =
        threads.stream()
            .map(each -> (Body) access -> each.forEach(instruction -> instruction.run(access)))
            .toList();
    return new ReferenceProgram(name + ": " + text, words, locksOf(threads), bodies);
  }

  private static int locksOf(List<List<Instruction>> threads) {
    return threads.stream()
        .flatMap(List::stream)
        .filter(each -> each.kind() == Instruction.Kind.LOCK)
        .mapToInt(each -> each.word() + 1)
        .max()
        .orElse(0);
  }

  /** Threads that differ by their number alone. */
  static ReferenceProgram numbered(String name, int words, int locks, int threads, Numbered body) {
    List<Body> bodies =
        IntStream.range(0, threads).mapToObj(i -> (Body) access -> body.run(access, i)).toList();
    return new ReferenceProgram(name + "(" + threads + ")", words, locks, bodies);
  }

  /** A thread that knows its number. */
  @FunctionalInterface
  interface Numbered {
    void run(ReferenceAccess access, int thread);
  }

  /**
   * An instruction of a straight-line program.
   *
   * @param kind what it does
   * @param word to which word, or lock; a fence has none
   * @param value what it stores or adds
   * @param expected for a compare-and-exchange
   */
  record Instruction(Kind kind, int word, long value, long expected) {

    /** What an instruction does. */
    enum Kind {
      LOAD,
      STORE,
      ADD,
      EXCHANGE,
      COMPARE_AND_EXCHANGE,
      FENCE,
      LOCK,
      UNLOCK
    }

    static Instruction load(int word) {
      return new Instruction(Kind.LOAD, word, 0, 0);
    }

    static Instruction store(int word, long value) {
      return new Instruction(Kind.STORE, word, value, 0);
    }

    static Instruction exchange(int word, long value) {
      return new Instruction(Kind.EXCHANGE, word, value, 0);
    }

    static Instruction lock(int lock) {
      return new Instruction(Kind.LOCK, lock, 0, 0);
    }

    static Instruction unlock(int lock) {
      return new Instruction(Kind.UNLOCK, lock, 0, 0);
    }

    static Instruction fence() {
      return new Instruction(Kind.FENCE, 0, 0, 0);
    }

    void run(ReferenceAccess access) {
      switch (kind) {
        case LOAD -> access.load(word);
        case STORE -> access.store(word, value);
        case ADD -> access.add(word, value);
        case EXCHANGE -> access.exchange(word, value);
        case COMPARE_AND_EXCHANGE -> access.compareAndExchange(word, expected, value);
        case FENCE -> access.fence();
        case LOCK -> access.lock(word);
        case UNLOCK -> access.unlock(word);
      }
    }

    @Override
    public String toString() {
      String name = Character.toString('x' + word);
      return switch (kind) {
        case LOAD -> "load " + name;
        case STORE -> name + " = " + value;
        case ADD -> name + " += " + value;
        case EXCHANGE -> "exchange " + name + " " + value;
        case COMPARE_AND_EXCHANGE -> "cmpxchg " + name + " " + expected + "->" + value;
        case FENCE -> "fence";
        case LOCK -> "lock " + word;
        case UNLOCK -> "unlock " + word;
      };
    }
  }

  @Override
  public String toString() {
    return name;
  }
}
