package dev.gnomon.checker.schedule;

import dev.gnomon.checker.schedule.ReferenceThread.Next;
import java.util.ArrayList;
import java.util.List;

/**
 * A state of the abstract machine that runs a {@link ReferenceProgram}: the x86-TSO machine of
 * Owens, Sarkar and Sewell (TPHOLs 2009), or the same without its store buffers. Immutable.
 *
 * @param memory the words
 * @param results by thread: what its operations gave it
 * @param buffers by thread: its stores on the way to memory, oldest first
 * @param holders by lock: the thread that has it, or -1
 */
record ReferenceState(
    List<Long> memory, List<List<Long>> results, List<List<Store>> buffers, List<Integer> holders) {

  private static final int NOBODY = -1;

  /** A store on its way; one that gives a lock back has the lock for a word. */
  record Store(int word, long value, boolean isUnlock) {}

  static ReferenceState initial(ReferenceProgram program) {
    int threads = program.threads().size();
    return new ReferenceState(
        repeat(0L, program.words()),
        repeat(List.of(), threads),
        repeat(List.of(), threads),
        repeat(NOBODY, program.locks()));
  }

  private static <T> List<T> repeat(T value, int count) {
    List<T> list = new ArrayList<>();
    for (int i = 0; i < count; i++) {
      list.add(value);
    }
    return List.copyOf(list);
  }

  /** Whether a thread can do what it wants to do next. */
  boolean isEnabled(int thread, Next next) {
    return switch (next.kind()) {
      case LOAD, STORE, UNLOCK -> true;
      case ADD, EXCHANGE, COMPARE_AND_EXCHANGE, FENCE -> buffers.get(thread).isEmpty();
      case AWAIT -> seen(thread, next.word()) != next.value();
      case LOCK -> buffers.get(thread).isEmpty() && holders.get(next.word()) == NOBODY;
    };
  }

  /**
   * Whether an operation that is enabled, under SC, changes what it is about. A store of what is
   * there already changes nothing, nor does a compare-and-exchange that fails: they are loads.
   */
  boolean writes(Next next) {
    return switch (next.kind()) {
      case LOAD, FENCE, AWAIT -> false;
      case LOCK, UNLOCK -> true;
      case ADD -> next.value() != 0;
      case STORE, EXCHANGE -> memory.get(next.word()) != next.value();
      case COMPARE_AND_EXCHANGE ->
          memory.get(next.word()) == next.expected() && next.value() != next.expected();
    };
  }

  /** After an operation that is enabled. */
  ReferenceState after(int thread, Next next, MemoryModel model) {
    int word = next.word();
    return switch (next.kind()) {
      case LOAD -> withResult(thread, seen(thread, word));
      case STORE -> afterStore(thread, new Store(word, next.value(), false), model);
      case ADD ->
          withWord(word, memory.get(word) + next.value()).withResult(thread, memory.get(word));
      case EXCHANGE -> withWord(word, next.value()).withResult(thread, memory.get(word));
      case COMPARE_AND_EXCHANGE ->
          (memory.get(word) == next.expected() ? withWord(word, next.value()) : this)
              .withResult(thread, memory.get(word));
      case FENCE, AWAIT -> withResult(thread, 0);
      case LOCK -> withHolder(word, thread).withResult(thread, 0);
      case UNLOCK -> afterStore(thread, new Store(word, 0, true), model);
    };
  }

  private ReferenceState afterStore(int thread, Store store, MemoryModel model) {
    ReferenceState after =
        model == MemoryModel.TSO
            ? withBuffer(thread, appended(buffers.get(thread), store))
            : performed(store);
    return after.withResult(thread, 0);
  }

  /** After the oldest store of a thread's buffer has reached memory. */
  ReferenceState afterCommit(int thread) {
    List<Store> buffer = buffers.get(thread);
    return performed(buffer.getFirst())
        .withBuffer(thread, List.copyOf(buffer.subList(1, buffer.size())));
  }

  private ReferenceState performed(Store store) {
    return store.isUnlock()
        ? withHolder(store.word(), NOBODY)
        : withWord(store.word(), store.value());
  }

  boolean hasBuffered(int thread) {
    return !buffers.get(thread).isEmpty();
  }

  ReferenceOutcome outcome() {
    return new ReferenceOutcome(memory, results);
  }

  private long seen(int thread, int word) {
    for (Store store : buffers.get(thread).reversed()) {
      if (!store.isUnlock() && store.word() == word) {
        return store.value();
      }
    }
    return memory.get(word);
  }

  private ReferenceState withWord(int word, long value) {
    return new ReferenceState(replaced(memory, word, value), results, buffers, holders);
  }

  private ReferenceState withResult(int thread, long value) {
    List<Long> mine = appended(results.get(thread), value);
    return new ReferenceState(memory, replaced(results, thread, mine), buffers, holders);
  }

  private ReferenceState withBuffer(int thread, List<Store> buffer) {
    return new ReferenceState(memory, results, replaced(buffers, thread, buffer), holders);
  }

  private ReferenceState withHolder(int lock, int thread) {
    return new ReferenceState(memory, results, buffers, replaced(holders, lock, thread));
  }

  private static <T> List<T> replaced(List<T> list, int index, T value) {
    List<T> copy = new ArrayList<>(list);
    copy.set(index, value);
    return List.copyOf(copy);
  }

  private static <T> List<T> appended(List<T> list, T value) {
    List<T> copy = new ArrayList<>(list);
    copy.add(value);
    return List.copyOf(copy);
  }
}
