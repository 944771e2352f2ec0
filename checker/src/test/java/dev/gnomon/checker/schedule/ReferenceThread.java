package dev.gnomon.checker.schedule;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * A thread as a function from what it got so far to what it does next: its body is run from the
 * beginning, is given what it got, and is cut off at the first operation beyond.
 */
final class ReferenceThread {
  private final ReferenceProgram.Body body;
  private final Map<List<Long>, Optional<Next>> known = new HashMap<>();

  ReferenceThread(ReferenceProgram.Body body) {
    this.body = body;
  }

  /** What a thread is about to do. */
  record Next(Kind kind, int word, long value, long expected) {
    enum Kind {
      LOAD,
      STORE,
      ADD,
      EXCHANGE,
      COMPARE_AND_EXCHANGE,
      FENCE,
      AWAIT,
      LOCK,
      UNLOCK
    }
  }

  /** Its next operation; empty if it is done. */
  Optional<Next> next(List<Long> results) {
    return known.computeIfAbsent(results, this::run);
  }

  private Optional<Next> run(List<Long> results) {
    try {
      body.run(new Replay(results));
      return Optional.empty();
    } catch (CutOff reached) {
      return Optional.of(reached.next);
    }
  }

  /** Ends the body at an operation whose result is not known. */
  private static final class CutOff extends RuntimeException {
    private static final long serialVersionUID = 1L;

    final transient Next next;

    CutOff(Next next) {
      super(null, null, false, false);
      this.next = next;
    }
  }

  private static final class Replay implements ReferenceAccess {
    private final List<Long> results;
    private int at;

    Replay(List<Long> results) {
      this.results = results;
    }

    private long take(Next.Kind kind, int word, long value, long expected) {
      if (at == results.size()) {
        throw new CutOff(new Next(kind, word, value, expected));
      }
      return results.get(at++);
    }

    @Override
    public long load(int word) {
      return take(Next.Kind.LOAD, word, 0, 0);
    }

    @Override
    public void store(int word, long value) {
      take(Next.Kind.STORE, word, value, 0);
    }

    @Override
    public long add(int word, long delta) {
      return take(Next.Kind.ADD, word, delta, 0);
    }

    @Override
    public long exchange(int word, long value) {
      return take(Next.Kind.EXCHANGE, word, value, 0);
    }

    @Override
    public long compareAndExchange(int word, long expected, long value) {
      return take(Next.Kind.COMPARE_AND_EXCHANGE, word, value, expected);
    }

    @Override
    public void fence() {
      take(Next.Kind.FENCE, -1, 0, 0);
    }

    @Override
    public void await(int word, long seen) {
      take(Next.Kind.AWAIT, word, seen, 0);
    }

    @Override
    public void lock(int lock) {
      take(Next.Kind.LOCK, lock, 0, 0);
    }

    @Override
    public void unlock(int lock) {
      take(Next.Kind.UNLOCK, lock, 0, 0);
    }
  }
}
