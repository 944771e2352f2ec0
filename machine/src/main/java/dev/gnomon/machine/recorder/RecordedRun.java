package dev.gnomon.machine.recorder;

import java.util.List;

/**
 * One run of a flat guest on the recorder's machine.
 *
 * @param name of the recording's files
 * @param mode in which the guest begins
 * @param cpl 0 or 3
 * @param guest the name of its program
 * @param memoryBytes the size of slot 0
 * @param extraSlots slots 1 and up
 * @param isLogged whether slot 0 is dirty-logged from the start
 * @param hasGuestLargePages whether the guest's tables have large pages from the second on
 * @param hasHostLargePages whether the host backs memory with 2 MiB pages
 * @param ringEntries entries of each vCPU's dirty ring, 0 for a bitmap
 * @param vcpus 1 to 4
 */
public record RecordedRun(
    String name,
    GuestMode mode,
    int cpl,
    String guest,
    long memoryBytes,
    List<Slot> extraSlots,
    boolean isLogged,
    boolean hasGuestLargePages,
    boolean hasHostLargePages,
    int ringEntries,
    int vcpus) {

  /** The most vCPUs that the machine has room for. */
  public static final int MOST_VCPUS = 4;

  /** The size of slot 0 where nothing else is said. */
  public static final long DEFAULT_MEMORY = 2L << 20;

  public RecordedRun {
    extraSlots = List.copyOf(extraSlots);
  }

  /**
   * A slot beside the first.
   *
   * @param gpa its first address
   * @param bytes its size
   * @param flags as KVM's: 1 dirty-logged, 2 read-only
   */
  public record Slot(long gpa, long bytes, long flags) {}

  /** The file that holds the guest's program. */
  public String binary() {
    return mode.binary(guest, cpl);
  }
}
