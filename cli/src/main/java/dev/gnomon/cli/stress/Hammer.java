package dev.gnomon.cli.stress;

import dev.gnomon.machine.processor.Vcpu;
import dev.gnomon.mmu.platform.Cpu;
import java.util.Random;
import java.util.random.RandomGenerator;

/**
 * The guest: each vCPU writes and reads words of its own in pages that all share, without guest
 * paging, and knows what each must hold.
 *
 * <p>Every value looks like a leaf entry that a fast page fault would make writable: should the MMU
 * ever take guest memory for a page table, it shows.
 */
final class Hammer {
  private static final int WORDS = 4;
  private static final int WORD_SPACING = 64;
  private static final int LOOK_EVERY = 16;

  /** Shadow-present, readable, MMU- and host-writable in either format, not writable. */
  private static final long LOOKS_LIKE_SPTE =
      1L << 57 | 1L << 58 | 1L << 9 | 1L << 10 | 1L << 11 | 1L << 5 | 5;

  private final StressVm stress;
  private final Pages pages;
  private final int vcpu;
  private final int writesOf4;
  private final long[] expected;
  private long sequence;
  private long operations;

  Hammer(StressVm stress, Pages pages, int vcpu, int writesOf4) {
    this.stress = stress;
    this.pages = pages;
    this.vcpu = vcpu;
    this.writesOf4 = writesOf4;
    expected = new long[pages.count() * WORDS];
  }

  /** Runs until the stress is over. */
  void run(Cpu cpu) {
    RandomGenerator random = new Random(stress.seed() * 31 + vcpu);
    Vcpu processor = stress.newVcpu(vcpu);
    processor.enterGuest();
    while (!stress.isOver()) {
      stress.execution().checkStopped();
      for (int i = 0; i < LOOK_EVERY; i++) {
        step(processor, random.nextInt());
      }
      if (processor.isPauseRequested()) {
        break;
      }
    }
    processor.leaveGuest();
    processor.shutDown();
    stress.vcpuStopped();
  }

  private void step(Vcpu processor, int choice) {
    int page = (choice >>> 8) % pages.count();
    if (page < 0) {
      page += pages.count();
    }
    int word = choice & WORDS - 1;
    long gpa = pages.gpa(page) + address(word);
    int at = page * WORDS + word;
    operations++;
    if ((choice >>> 4 & 3) < writesOf4) {
      long value = LOOKS_LIKE_SPTE | (++sequence & 0xff_ffff) << 12;
      processor.writeLong(gpa, value);
      expected[at] = value;
    } else {
      check(gpa, expected[at], processor.readLong(gpa));
    }
  }

  /** Checks every word, when the vCPU has stopped, through a vCPU that is run for it. */
  void checkAll(Vcpu processor) {
    for (int at = 0; at < expected.length; at++) {
      long gpa = pages.gpa(at / WORDS) + address(at % WORDS);
      check(gpa, expected[at], processor.readLong(gpa));
    }
  }

  private void check(long gpa, long wanted, long found) {
    if (wanted != found) {
      stress.lost(
          new Loss(
              gpa,
              "vCPU %d reads %#x at %#x, where it wrote %#x".formatted(vcpu, found, gpa, wanted)));
    }
  }

  private long address(int word) {
    return (long) (vcpu * WORDS + word) * WORD_SPACING;
  }

  long operations() {
    return operations;
  }
}
