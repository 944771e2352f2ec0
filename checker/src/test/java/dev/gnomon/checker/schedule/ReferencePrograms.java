package dev.gnomon.checker.schedule;

import static dev.gnomon.checker.schedule.ReferenceProgram.numbered;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongUnaryOperator;
import java.util.stream.LongStream;

/**
 * Programs whose number of inequivalent executions is known. Those of the literature on dynamic
 * partial-order reduction are told by what they do there; their numbers are those of Abdulla,
 * Aronis, Jonsson and Sagonas, "Source Sets: A Foundation for Optimal Dynamic Partial Order
 * Reduction" (JACM 64(4), 2017), which follow from a closed form each.
 */
final class ReferencePrograms {
  private ReferencePrograms() {}

  /**
   * A program and its number.
   *
   * @param program the program
   * @param executions how many inequivalent executions it has
   */
  record Counted(ReferenceProgram program, long executions) {
    @Override
    public String toString() {
      return program + " has " + executions;
    }
  }

  /** Small enough to be enumerated too. */
  static List<Counted> small() {
    List<Counted> all = new ArrayList<>();
    addAll(all, ReferencePrograms::independentWriters, 1, 2, 3, 5);
    addAll(all, ReferencePrograms::writersOfOneWord, 1, 2, 3, 4, 5);
    addAll(all, ReferencePrograms::adders, 2, 3, 4);
    addAll(all, ReferencePrograms::readers, 1, 2, 4, 6);
    addAll(all, ReferencePrograms::writersAndReader, 1, 2, 3, 4);
    addAll(all, ReferencePrograms::storeBufferingRing, 2, 3, 4, 5);
    addAll(all, ReferencePrograms::lastZero, 2, 3, 4, 5);
    addAll(all, ReferencePrograms::indexer, 2, 3, 12);
    addAll(all, ReferencePrograms::lockHandedRound, 1, 2, 3, 4);
    addAll(all, ReferencePrograms::lockTakenTwice, 1, 2, 3);
    addAll(all, ReferencePrograms::independentLocks, 2, 3, 4);
    all.add(readersAndWriters(2, 2));
    all.add(readersAndWriters(3, 2));
    all.add(readersAndWriters(2, 3));
    return all;
  }

  /** Too large for an enumeration; known from the closed forms. */
  static List<Counted> large() {
    List<Counted> all = new ArrayList<>();
    addAll(all, ReferencePrograms::independentWriters, 16);
    addAll(all, ReferencePrograms::writersOfOneWord, 7);
    addAll(all, ReferencePrograms::readers, 10);
    addAll(all, ReferencePrograms::storeBufferingRing, 10);
    addAll(all, ReferencePrograms::lastZero, 10);
    addAll(all, ReferencePrograms::indexer, 13, 14);
    addAll(all, ReferencePrograms::fileSystem, 14, 15, 16);
    addAll(all, ReferencePrograms::lockHandedRound, 7);
    return all;
  }

  private interface Family {
    Counted of(int threads);
  }

  private static void addAll(List<Counted> all, Family family, int... sizes) {
    for (int size : sizes) {
      all.add(family.of(size));
    }
  }

  /** Each thread writes a word of its own. */
  static Counted independentWriters(int n) {
    return new Counted(
        numbered("independent writers", n, 0, n, (access, i) -> access.store(i, 1)), 1);
  }

  /** Each thread writes the same word. */
  static Counted writersOfOneWord(int n) {
    return new Counted(
        numbered("writers of one word", 1, 0, n, (access, i) -> access.store(0, i + 1)),
        factorial(n));
  }

  /** Each thread adds to the same word. */
  static Counted adders(int n) {
    return new Counted(
        numbered("adders", 1, 0, n, (access, i) -> access.add(0, 1L << i)), factorial(n));
  }

  /** One thread writes a word, the others read it. Published as readers: 2^n. */
  static Counted readers(int n) {
    return new Counted(
        numbered(
            "readers",
            1,
            0,
            n + 1,
            (access, i) -> {
              if (i == 0) {
                access.store(0, 1);
              } else {
                access.load(0);
              }
            }),
        1L << n);
  }

  /** Some write a word, one reads it: the reader stands somewhere in each order of the writers. */
  static Counted writersAndReader(int writers) {
    return readersAndWriters(1, writers);
  }

  /** Some write a word, some read it: each reader stands somewhere in each order of the writers. */
  static Counted readersAndWriters(int readers, int writers) {
    return new Counted(
        numbered(
            writers + " writers, all threads",
            1,
            0,
            readers + writers,
            (access, i) -> {
              if (i < writers) {
                access.store(0, i + 1);
              } else {
                access.load(0);
              }
            }),
        factorial(writers) * power(writers + 1, readers));
  }

  /**
   * Each thread writes its word and reads its neighbour's: each may read the old value, but not all
   * of them.
   */
  static Counted storeBufferingRing(int n) {
    return new Counted(
        numbered(
            "store buffering",
            n,
            0,
            n,
            (access, i) -> {
              access.store(i, 1);
              access.load((i + 1) % n);
            }),
        (1L << n) - 1);
  }

  /**
   * Thread 0 looks from the end of an array for the last element that is zero; thread i sets
   * element i to element i - 1 plus one. Published as lastzero: 64 for 5, 3328 for 10, 147456 for
   * 15 threads.
   */
  static Counted lastZero(int n) {
    return new Counted(
        numbered(
            "last zero",
            n + 1,
            0,
            n + 1,
            (access, i) -> {
              if (i == 0) {
                int at = n;
                while (access.load(at) != 0) {
                  at--;
                }
              } else {
                access.store(i, access.load(i - 1) + 1);
              }
            }),
        (n + 3) * (1L << n) / 4);
  }

  /**
   * Each thread puts four messages into a hash table of 128, each at the first free place from its
   * hash on, by compare-and-exchange. Up to eleven threads never meet; from there on each new one
   * meets one other, three times. Published as indexer: 8 for 12, 4096 for 15 threads.
   */
  static Counted indexer(int n) {
    int size = 128;
    int messages = 4;
    return new Counted(
        numbered(
            "indexer",
            size,
            0,
            n,
            (access, i) -> {
              for (int message = 1; message <= messages; message++) {
                long word = 11L * message + i;
                int at = (int) (7 * word % size);
                while (access.compareAndExchange(at, 0, word) != 0) {
                  at = (at + 1) % size;
                }
              }
            }),
        1L << 3 * Math.max(0, n - 11));
  }

  /**
   * Each thread allocates a block for its inode, under the inode's lock and each block's; 32
   * inodes, 26 blocks. Up to 13 threads never meet; from there on each new one meets one other.
   * Published as filesystem: 2 for 14, 8 for 16, 32 for 18 threads.
   */
  static Counted fileSystem(int n) {
    int inodes = 32;
    int blocks = 26;
    return new Counted(
        numbered(
            "file system",
            inodes + blocks,
            inodes + blocks,
            n,
            (access, i) -> {
              access.lock(i);
              if (access.load(i) == 0) {
                int block = i * 2 % blocks;
                while (true) {
                  access.lock(inodes + block);
                  if (access.load(inodes + block) == 0) {
                    access.store(inodes + block, 1);
                    access.store(i, block + 1);
                    access.unlock(inodes + block);
                    break;
                  }
                  access.unlock(inodes + block);
                  block = (block + 1) % blocks;
                }
              }
              access.unlock(i);
            }),
        1L << Math.max(0, n - 13));
  }

  /** Each thread takes one lock, changes what it guards, and leaves it. */
  static Counted lockHandedRound(int n) {
    return new Counted(
        numbered(
            "lock handed round",
            1,
            1,
            n,
            (access, i) -> {
              access.lock(0);
              access.store(0, access.load(0) + 1);
              access.unlock(0);
            }),
        factorial(n));
  }

  /** Each thread takes one lock twice. */
  static Counted lockTakenTwice(int n) {
    return new Counted(
        numbered(
            "lock taken twice",
            0,
            1,
            n,
            (access, i) -> {
              access.lock(0);
              access.unlock(0);
              access.lock(0);
              access.unlock(0);
            }),
        factorial(2 * n) >> n);
  }

  /** Each thread takes a lock of its own. */
  static Counted independentLocks(int n) {
    return new Counted(
        numbered(
            "independent locks",
            n,
            n,
            n,
            (access, i) -> {
              access.lock(i);
              access.store(i, access.load(i) + 1);
              access.unlock(i);
            }),
        1);
  }

  private static long factorial(int n) {
    return LongStream.rangeClosed(2, n).reduce(1, (a, b) -> a * b);
  }

  private static long power(long base, int exponent) {
    LongUnaryOperator times = value -> value * base;
    return LongStream.iterate(1, times).skip(exponent).findFirst().orElseThrow();
  }
}
