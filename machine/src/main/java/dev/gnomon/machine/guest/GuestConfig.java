package dev.gnomon.machine.guest;

/**
 * How the guest runs its traces.
 *
 * @param usesLargePages whether the guest maps 2 MiB pages where it can
 * @param isVerified whether every load and fetch is checked
 * @param seed from which each process's own is made
 * @param sliceAccesses the longest time slice, in accesses
 */
public record GuestConfig(
    boolean usesLargePages, boolean isVerified, long seed, int sliceAccesses) {

  /** About a millisecond. */
  public static final int DEFAULT_SLICE = 20_000;

  public GuestConfig {
    if (sliceAccesses < 1) {
      throw new IllegalArgumentException("a time slice has at least one access");
    }
  }
}
