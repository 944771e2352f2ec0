package dev.gnomon.checker.schedule;

import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.MmuLock;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.ArrayList;
import java.util.List;

/**
 * A small program of all that the port has: words of both kinds, whole frames, locks, waits,
 * attempts that are made again, choices of nature.
 *
 * @param threads what each does, in order
 */
record MixedProgram(List<List<Operation>> threads) {
  static final int WORDS = 2;

  /** Something that a thread does. */
  sealed interface Operation {

    record Load(int word) implements Operation {}

    record Store(int word, int value) implements Operation {}

    record Add(int word, int value) implements Operation {}

    record Exchange(int word, int expected, int value) implements Operation {}

    record Fence() implements Operation {}

    record LoadMemory(int at) implements Operation {}

    record StoreMemory(int at, int value) implements Operation {}

    record Fill(int value) implements Operation {}

    record Copy() implements Operation {}

    /** Under the spin lock. */
    record Spin(List<Operation> inside) implements Operation {}

    /** Under the MMU lock for reading. */
    record Read(List<Operation> inside) implements Operation {}

    /** Under the MMU lock for writing. */
    record Write(List<Operation> inside) implements Operation {}

    /** Waits until a word no longer holds a value. */
    record Await(int word, int seen) implements Operation {}

    /** The same of a word of memory. */
    record AwaitMemory(int at, int seen) implements Operation {}

    /** Loads two words until one is not 0, at most three times; stores in between. */
    record Attempt(int first, int second, boolean stores) implements Operation {}

    /** Stores what nature chooses. */
    record Choose(int word) implements Operation {}

    /** Fails if a word holds a value. */
    record Refuse(int word, int value) implements Operation {}
  }

  /** Runs it once; what it returns says how it ended. */
  String run(Execution execution) {
    Shared shared = new Shared(execution);
    List<List<Long>> logs = new ArrayList<>();
    for (int i = 0; i < threads.size(); i++) {
      List<Operation> operations = threads.get(i);
      List<Long> log = new ArrayList<>();
      logs.add(log);
      execution.start(
          i, "thread " + i, cpu -> operations.forEach(each -> shared.perform(cpu, each, log)));
    }
    execution.join();
    return shared.contents() + " " + logs;
  }

  private static final class Shared {
    final Platform platform;
    final SharedWords words;
    final PhysicalMemory memory;
    final long frame;
    final long other;
    final SpinLock spinLock;
    final MmuLock mmuLock;

    Shared(Execution execution) {
      platform = execution.platform();
      memory = platform.memory();
      words = platform.newWords(WORDS);
      frame = platform.frames().allocate(execution.cpu(0));
      other = platform.frames().allocate(execution.cpu(0));
      spinLock = execution.synchronization().spinLock();
      mmuLock = execution.synchronization().mmuLock();
    }

    private long hpa(int at) {
      return PhysicalMemory.hpa(frame) + 8L * at;
    }

    List<Long> contents() {
      List<Long> contents = new ArrayList<>();
      for (int i = 0; i < WORDS; i++) {
        contents.add(words.get(i));
        contents.add(memory.getLong(hpa(i)));
        contents.add(memory.getLong(PhysicalMemory.hpa(other) + 8L * i));
      }
      return contents;
    }

    void perform(Cpu cpu, Operation operation, List<Long> log) {
      switch (operation) {
        case Operation.Load(int word) -> log.add(words.get(word));
        case Operation.Store(int word, int value) -> words.set(word, value);
        case Operation.Add(int word, int value) -> log.add(words.getAndAdd(word, value));
        case Operation.Exchange(int word, int expected, int value) ->
            log.add(words.compareAndExchange(word, expected, value));
        case Operation.Fence() -> platform.fullFence();
        case Operation.LoadMemory(int at) -> log.add(memory.getLong(hpa(at)));
        case Operation.StoreMemory(int at, int value) -> memory.setLong(hpa(at), value);
        case Operation.Fill(int value) -> memory.fill(frame, value);
        case Operation.Copy() -> memory.copy(frame, other);
        case Operation.Spin(List<Operation> inside) -> {
          spinLock.lock(cpu);
          inside.forEach(each -> perform(cpu, each, log));
          spinLock.unlock(cpu);
        }
        case Operation.Read(List<Operation> inside) -> {
          mmuLock.readLock(cpu);
          inside.forEach(each -> perform(cpu, each, log));
          mmuLock.readUnlock(cpu);
        }
        case Operation.Write(List<Operation> inside) -> {
          mmuLock.writeLock(cpu);
          inside.forEach(each -> perform(cpu, each, log));
          mmuLock.writeUnlock(cpu);
        }
        case Operation.Await(int word, int seen) -> cpu.awaitChange(words, word, seen);
        case Operation.AwaitMemory(int at, int seen) -> cpu.awaitChange(memory, hpa(at), seen);
        case Operation.Attempt attempt -> attempt(cpu, attempt, log);
        case Operation.Choose(int word) -> words.set(word, 1 + cpu.choose(2));
        case Operation.Refuse(int word, int value) -> {
          if (words.get(word) == value) {
            throw new AssertionError("word " + word + " holds " + value);
          }
        }
      }
    }

    private void attempt(Cpu cpu, Operation.Attempt attempt, List<Long> log) {
      for (int i = 0; i < 3; i++) {
        long first = words.get(attempt.first);
        long second = memory.getLong(hpa(attempt.second));
        log.add(first);
        log.add(second);
        if (first != 0 && second != 0) {
          return;
        }
        if (attempt.stores) {
          words.set(1 - attempt.first, 3);
        }
        cpu.retrying();
      }
    }
  }
}
