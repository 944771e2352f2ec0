package dev.gnomon.checker.race;

import dev.gnomon.mmu.platform.Cpu;
import dev.gnomon.mmu.platform.Frames;
import dev.gnomon.mmu.platform.PhysicalMemory;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import dev.gnomon.mmu.sync.Synchronization;
import dev.gnomon.mmu.sync.WordSynchronization;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * Executions whose interleaving is written down by the test: pieces of bodies, one after the other,
 * on a carrier whose detector is told of the words that they share.
 */
final class Turns {
  private final int cpus;
  private final List<Race> races = new ArrayList<>();
  private final RaceDetector detector = new RaceDetector(races::add);
  private final boolean[] isStarted;
  private final ToldPlatform platform;

  private Turns(int cpus) {
    this.cpus = cpus;
    isStarted = new boolean[cpus];
    platform = new ToldPlatform();
    begin();
  }

  /** Runs a test's interleaving on a carrier; returns the races that were found. */
  static List<Race> of(int cpus, Consumer<Turns> interleaving) {
    List<Race> races = new ArrayList<>();
    onCarrier(
        carrier -> {
          Turns turns = new Turns(cpus);
          carrier.watch(turns.detector);
          interleaving.accept(turns);
          races.addAll(turns.races);
        });
    return races;
  }

  /** Runs something on a carrier that has no detector yet; what it throws comes back. */
  static void onCarrier(Consumer<CarrierThread> task) {
    AtomicReference<@Nullable Throwable> failure = new AtomicReference<>();
    CarrierThread carrier =
        new CarrierThread(null, "carrier") {
          @Override
          public void run() {
            try {
              task.accept(this);
            } catch (RuntimeException | Error e) {
              failure.set(e);
            }
          }
        };
    carrier.start();
    try {
      carrier.join();
    } catch (InterruptedException e) {
      throw new AssertionError(e);
    }
    if (failure.get() instanceof RuntimeException exception) {
      throw exception;
    }
    if (failure.get() instanceof Error error) {
      throw error;
    }
  }

  RaceDetector detector() {
    return detector;
  }

  List<Race> races() {
    return races;
  }

  Platform platform() {
    return platform;
  }

  Synchronization synchronization() {
    return new WordSynchronization(platform);
  }

  Cpu cpu(int index) {
    return platform.cpus.get(index);
  }

  /** Begins another execution. */
  void begin() {
    detector.begin(cpus);
    java.util.Arrays.fill(isStarted, false);
  }

  /** A CPU's body goes on with this. All bodies start when the first does. */
  Turns run(int cpu, Runnable piece) {
    for (int i = 0; i < cpus; i++) {
      if (!isStarted[i]) {
        isStarted[i] = true;
        detector.fork(i);
      }
    }
    detector.switchTo(cpu);
    piece.run();
    detector.switchTo(detector.main());
    return this;
  }

  /** A CPU's body is over. */
  Turns join(int cpu) {
    detector.join(cpu);
    isStarted[cpu] = false;
    return this;
  }

  /** A platform whose words tell the detector. It has no memory, and nobody can wait. */
  private final class ToldPlatform extends Platform {
    private final List<Cpu> cpus = new ArrayList<>();

    ToldPlatform() {
      for (int i = 0; i < Turns.this.cpus; i++) {
        cpus.add(new WaitlessCpu(i));
      }
    }

    @Override
    public PhysicalMemory memory() {
      throw new UnsupportedOperationException();
    }

    @Override
    public Frames frames() {
      throw new UnsupportedOperationException();
    }

    @Override
    public int cpus() {
      return cpus.size();
    }

    @Override
    public SharedWords newWords(int count) {
      return new ToldWords(count);
    }

    @Override
    public void fullFence() {}
  }

  private static final class WaitlessCpu extends Cpu {
    WaitlessCpu(int index) {
      super(index);
    }

    @Override
    public void awaitChange(SharedWords words, int index, long seen) {
      throw new AssertionError("CPU " + index() + " would wait");
    }

    @Override
    public void awaitChange(PhysicalMemory memory, long hpa, long seen) {
      throw new AssertionError("CPU " + index() + " would wait");
    }

    @Override
    public void retrying() {
      throw new AssertionError("CPU " + index() + " would try again");
    }

    @Override
    public int choose(int n) {
      return 0;
    }
  }

  private final class ToldWords extends SharedWords {
    private final long[] words;
    private final SyncClock[] clocks;

    ToldWords(int count) {
      words = new long[count];
      clocks = new SyncClock[count];
      java.util.Arrays.setAll(clocks, i -> new SyncClock());
    }

    @Override
    public int length() {
      return words.length;
    }

    @Override
    public long get(int index) {
      detector.acquire(clocks[index]);
      return words[index];
    }

    @Override
    public void set(int index, long value) {
      detector.release(clocks[index]);
      words[index] = value;
    }

    private long change(int index, long value) {
      detector.acquireRelease(clocks[index]);
      long held = words[index];
      words[index] = value;
      return held;
    }

    @Override
    public long compareAndExchange(int index, long expected, long value) {
      return words[index] == expected ? change(index, value) : get(index);
    }

    @Override
    public long getAndSet(int index, long value) {
      return change(index, value);
    }

    @Override
    public long getAndAdd(int index, long delta) {
      return change(index, words[index] + delta);
    }

    @Override
    public long getAndAnd(int index, long mask) {
      return change(index, words[index] & mask);
    }

    @Override
    public long getAndOr(int index, long mask) {
      return change(index, words[index] | mask);
    }
  }
}
