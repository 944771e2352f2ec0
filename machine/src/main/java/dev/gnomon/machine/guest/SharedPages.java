package dev.gnomon.machine.guest;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.Platform;
import dev.gnomon.mmu.platform.SharedWords;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;

/**
 * The pages that every two processes share, and what may be read in them.
 *
 * <p>Each of the two writes its own half: at its s-th write, the number s into word s modulo 256.
 * The other reads while that goes on. Two counters outside guest memory, one moved before each
 * write and one after, bound what it may find: the last write that was over when the read began, or
 * one to the same word that had begun when the read was over.
 */
final class SharedPages {
  private static final int WORDS = 256;
  private static final int HALF = 8 * WORDS;
  private static final int BEGUN = 0;
  private static final int OVER = 1;

  private final GuestKernel kernel;
  private final int processes;
  private final SharedWords counters;

  SharedPages(Platform platform, GuestKernel kernel, int processes) {
    this.kernel = kernel;
    this.processes = processes;
    counters = platform.newWords(Math.max(1, pairs(processes)) * 2 * SharedWords.STRIDE);
  }

  /** How many writes each side of each pair has made. While no vCPU runs. */
  List<Long> writes() {
    List<Long> writes = new ArrayList<>();
    for (int side = 0; side < 2 * pairs(processes); side++) {
      writes.add(counters.get(side * SharedWords.STRIDE + OVER));
    }
    return writes;
  }

  /**
   * Goes on from so many {@link #writes}.
   *
   * @throws IllegalArgumentException if they are of another number of processes
   */
  void restore(List<Long> writes) {
    if (writes.size() != 2 * pairs(processes)) {
      throw new IllegalArgumentException("not the writes of " + processes + " processes");
    }
    for (int side = 0; side < writes.size(); side++) {
      counters.set(side * SharedWords.STRIDE + BEGUN, writes.get(side));
      counters.set(side * SharedWords.STRIDE + OVER, writes.get(side));
    }
  }

  /** How many pairs so many processes make. */
  static int pairs(int processes) {
    return processes * (processes - 1) / 2;
  }

  /** The number of the pair of two processes, {@code low < high}. */
  static int pair(int low, int high) {
    return high * (high - 1) / 2 + low;
  }

  /**
   * Has a process write to, and read from, each page that it shares. In guest mode, in user mode.
   */
  void exercise(Vcpu vcpu, int process, @Nullable Verifier verifier) {
    for (int other = 0; other < processes; other++) {
      exercise(vcpu, process, other, verifier);
    }
  }

  /**
   * Has a process write to, and read from, the page that it shares with one other, if it is one.
   */
  void exercise(Vcpu vcpu, int process, int other, @Nullable Verifier verifier) {
    if (other != process) {
      int pair = pair(Math.min(process, other), Math.max(process, other));
      int side = process < other ? 0 : 1;
      write(vcpu, pair, side);
      read(vcpu, pair, 1 - side, verifier);
    }
  }

  /** How many processes share pages. */
  int processes() {
    return processes;
  }

  private void write(Vcpu vcpu, int pair, int side) {
    int counter = counter(pair, side);
    long sequence = counters.get(counter + OVER) + 1;
    counters.set(counter + BEGUN, sequence);
    vcpu.writeLong(address(pair, side, sequence), sequence);
    counters.set(counter + OVER, sequence);
  }

  private void read(Vcpu vcpu, int pair, int side, @Nullable Verifier verifier) {
    int counter = counter(pair, side);
    long over = counters.get(counter + OVER);
    long gva = address(pair, side, over);
    long found = vcpu.readLong(gva);
    long begun = counters.get(counter + BEGUN);
    boolean isLater = found > over && found <= begun && (found - over) % WORDS == 0;
    if (found != over && !isLater && verifier != null) {
      verifier.mismatch(gva, over, found);
    }
  }

  private long address(int pair, int side, long sequence) {
    return kernel.sharedPage(pair) + (long) side * HALF + 8 * (sequence % WORDS);
  }

  private static int counter(int pair, int side) {
    return (2 * pair + side) * SharedWords.STRIDE;
  }
}
