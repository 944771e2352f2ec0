package dev.gnomon.cli.stress;

import dev.gnomon.machine.WriteTracker;
import dev.gnomon.mmu.platform.Cpu;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * What a write tracker has seen: the last two writes to each word. Each is noted before it is done,
 * and each word has one writer; so a word holds one of the two, or what it held before both.
 */
final class SeenWrites implements WriteTracker {
  private record LastTwo(long last, long before) {}

  private final Map<Long, LastTwo> byWord = new ConcurrentHashMap<>();

  @Override
  public void writing(Cpu cpu, long gpa, int size, long value) {
    LastTwo seen = byWord.get(gpa);
    byWord.put(gpa, new LastTwo(value, seen == null ? value : seen.last()));
  }

  /** Whether a word may hold a value by a write that was seen. */
  boolean contains(long gpa, long value) {
    LastTwo seen = byWord.get(gpa);
    return seen != null && (seen.last() == value || seen.before() == value);
  }
}
