package dev.gnomon.checker.schedule;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.machine.thread.Execution;
import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.SpinLock;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.UnaryOperator;

/**
 * Runs a {@link ReferenceProgram} on the explorer, and gathers how its executions ended.
 *
 * @param result what the explorer says
 * @param outcomes the different ends
 */
record ReferenceExploration(Result result, Set<ReferenceOutcome> outcomes) {

  static ReferenceExploration of(ReferenceProgram program, MemoryModel model) {
    return of(program, exploration -> exploration.memoryModel(model));
  }

  /** With settings of the explorer's. */
  static ReferenceExploration of(ReferenceProgram program, UnaryOperator<Exploration> settings) {
    Set<ReferenceOutcome> outcomes = ConcurrentHashMap.newKeySet();
    Exploration exploration =
        Exploration.of(
            execution -> {
              outcomes.add(run(program, execution));
              return null;
            });
    Result result = settings.apply(exploration.cpus(program.threads().size())).explore();
    return new ReferenceExploration(result, outcomes);
  }

  /** Looks for an end that is taken for a violation. */
  static Result lookFor(ReferenceOutcome wanted, ReferenceProgram program) {
    return Exploration.of(
            execution ->
                run(program, execution).equals(wanted)
                    ? new Violation(Property.EXPECTATION, "there it is")
                    : null)
        .cpus(program.threads().size())
        .explore();
  }

  private static ReferenceOutcome run(ReferenceProgram program, Execution execution) {
    SharedWords words = execution.platform().newWords(program.words());
    List<SpinLock> locks = new ArrayList<>();
    for (int i = 0; i < program.locks(); i++) {
      locks.add(execution.synchronization().spinLock());
    }
    List<List<Long>> results = new ArrayList<>();
    for (int thread = 0; thread < program.threads().size(); thread++) {
      ReferenceProgram.Body body = program.threads().get(thread);
      List<Long> mine = new ArrayList<>();
      results.add(mine);
      execution.start(
          thread,
          "thread " + thread,
          cpu -> body.run(new PortAccess(execution.platform(), cpu, words, locks, mine)));
    }
    execution.join();
    List<Long> memory = new ArrayList<>();
    for (int word = 0; word < program.words(); word++) {
      memory.add(words.get(word));
    }
    return new ReferenceOutcome(List.copyOf(memory), results.stream().map(List::copyOf).toList());
  }

  /** A thread's accesses, through the port. */
  private record PortAccess(
      Platform platform, Cpu cpu, SharedWords words, List<SpinLock> locks, List<Long> results)
      implements ReferenceAccess {

    private long keep(long result) {
      results.add(result);
      return result;
    }

    @Override
    public long load(int word) {
      return keep(words.get(word));
    }

    @Override
    public void store(int word, long value) {
      words.set(word, value);
      keep(0);
    }

    @Override
    public long add(int word, long delta) {
      return keep(words.getAndAdd(word, delta));
    }

    @Override
    public long exchange(int word, long value) {
      return keep(words.getAndSet(word, value));
    }

    @Override
    public long compareAndExchange(int word, long expected, long value) {
      return keep(words.compareAndExchange(word, expected, value));
    }

    @Override
    public void fence() {
      platform.fullFence();
      keep(0);
    }

    @Override
    public void await(int word, long seen) {
      cpu.awaitChange(words, word, seen);
      keep(0);
    }

    @Override
    public void lock(int lock) {
      locks.get(lock).lock(cpu);
      keep(0);
    }

    @Override
    public void unlock(int lock) {
      locks.get(lock).unlock(cpu);
      keep(0);
    }
  }
}
