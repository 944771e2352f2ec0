package dev.gnomon.machine.processor;

import dev.gnomon.mmu.platform.Cpu;

/**
 * What a vCPU leaves to the VMM: accesses to memory that does not exist, is read-only, or whose
 * writes must be seen. Called by the vCPU's CPU, outside guest mode.
 */
public interface Vmm {

  /** Does a guest's read of 1 to 8 bytes, of any alignment, within one page. */
  long read(Cpu cpu, long gpa, int size);

  /** Does a guest's write of 1 to 8 bytes, of any alignment, within one page. */
  void write(Cpu cpu, long gpa, int size, long value);

  /**
   * Does the write of a guest's locked update, if what was read before is still there: memory is
   * compared, a device is not.
   *
   * @return what was there; {@code expected} if the write was made
   */
  default long compareAndExchange(Cpu cpu, long gpa, int size, long expected, long value) {
    write(cpu, gpa, size, value);
    return expected;
  }

  /**
   * Reads an entry of a guest page table, 4 or 8 bytes, for a walk that the MMU cannot serve. Where
   * there is no memory it reads as ones.
   */
  default long readEntry(Cpu cpu, long gpa, int size) {
    return size == 8 ? -1L : (1L << 8 * size) - 1;
  }

  /**
   * Sets A or D in an entry that {@link #readEntry} has given. Where memory is read-only, nothing
   * is set, and the walk goes on as if it were.
   *
   * @return false if the entry has changed since: the walk must begin again
   */
  default boolean updateEntry(Cpu cpu, long gpa, int size, long expected, long value) {
    return true;
  }
}
