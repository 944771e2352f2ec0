package dev.gnomon.machine.migration;

/**
 * At how many accesses of the guest a migration does what.
 *
 * <p>No time slice begins at or after the gate, and those under way then end before the last tenth:
 * a slice is at most an eighth of what its vCPU has done, or the longest there is, and a little
 * more.
 *
 * @param start the copy starts
 * @param deadline rounds are broken off
 * @param gate the guest waits
 */
record Milestones(long start, long deadline, long gate) {
  /**
   * What a slice may be longer than its share: the first ones are, and the last records of each.
   */
  private static final int SLICE_EXCESS = 1024;

  static Milestones of(long totalAccesses, int vcpus, int sliceAccesses) {
    long lastTenth = totalAccesses / 10 * 9;
    long byLongest = lastTenth - (long) vcpus * (sliceAccesses + SLICE_EXCESS);
    long byShare = (lastTenth - (long) vcpus * SLICE_EXCESS) / 9 * 8;
    long start = totalAccesses / 10;
    long gate = Math.max(start + 1, Math.max(byLongest, byShare));
    return new Milestones(start, Math.min(gate, totalAccesses / 10 * 8), gate);
  }
}
