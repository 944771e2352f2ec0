package dev.gnomon.cli.fuzz;

import dev.gnomon.machine.fuzz.FuzzConfig;
import dev.gnomon.machine.fuzz.Fuzzer;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Guests of consecutive seeds on several threads, each with VMs of its own: what a guest does and
 * sees does not depend on how many threads there are.
 */
final class FuzzJobs {
  private final List<FuzzConfig> configs;
  private final AtomicLong nextSeed;
  private final AtomicLong guests = new AtomicLong();
  private final AtomicLong operations = new AtomicLong();
  private final long mostOperations;
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean isStopped;

  /** By configuration. Guarded by this, as is what follows. */
  private final long[] byConfig;

  private Fuzzer.@Nullable Finding finding;
  private @Nullable Throwable failure;
  private int running;

  /**
   * Makes them; none runs yet.
   *
   * @param firstSeed of the first guest
   * @param mostOperations after how many operations they end
   */
  FuzzJobs(List<FuzzConfig> configs, long firstSeed, long mostOperations) {
    this.configs = configs;
    nextSeed = new AtomicLong(firstSeed);
    this.mostOperations = mostOperations;
    byConfig = new long[configs.size()];
  }

  synchronized void start(int jobs) {
    running = jobs;
    for (int i = 0; i < jobs; i++) {
      Thread thread = Thread.ofPlatform().daemon().name("fuzz " + i).unstarted(this::run);
      threads.add(thread);
      thread.start();
    }
  }

  /** They end after the guest that each is at. */
  void stop() {
    isStopped = true;
  }

  /** Waits for all to end, but no longer than that. */
  synchronized boolean hasEnded(long millis) throws InterruptedException {
    if (running > 0) {
      wait(millis);
    }
    return running == 0;
  }

  private void run() {
    try (Fuzzer fuzzer = new Fuzzer(configs)) {
      long done = 0;
      while (!isStopped && operations.get() < mostOperations) {
        Fuzzer.Finding found = fuzzer.run(nextSeed.getAndIncrement());
        guests.incrementAndGet();
        long now = fuzzer.operations();
        operations.addAndGet(now - done);
        done = now;
        if (found != null) {
          found(found);
        }
      }
      ended(fuzzer, null);
    } catch (RuntimeException | Error e) {
      ended(null, e);
    }
  }

  /** The guest of the lowest seed counts. */
  private synchronized void found(Fuzzer.Finding found) {
    isStopped = true;
    if (finding == null || found.seed() < finding.seed()) {
      finding = found;
    }
  }

  private synchronized void ended(@Nullable Fuzzer fuzzer, @Nullable Throwable why) {
    if (fuzzer != null) {
      for (int i = 0; i < byConfig.length; i++) {
        byConfig[i] += fuzzer.operations(configs.get(i));
      }
    }
    if (why != null) {
      failure = why;
      isStopped = true;
    }
    running--;
    notifyAll();
  }

  /** How many guests were run, each under every configuration. */
  long guests() {
    return guests.get();
  }

  /** How many operations were done. */
  long operations() {
    return operations.get();
  }

  /** And of them under one of the configurations; when all have ended. */
  synchronized long operations(int config) {
    return byConfig[config];
  }

  /**
   * What was found, or null; when all have ended.
   *
   * @throws IllegalStateException if a thread has failed by itself
   */
  synchronized Fuzzer.@Nullable Finding finding() {
    if (failure != null) {
      throw new IllegalStateException("fuzzing itself has failed", failure);
    }
    return finding;
  }
}
