package dev.gnomon.machine.memory;

/**
 * A range of host-virtual frames that is backed by anonymous memory.
 *
 * @param first the first host-virtual frame
 * @param end the one after the last
 * @param level the largest page that may back it
 * @param isWritable whether it may be written
 */
record Region(long first, long end, int level, boolean isWritable) {

  /** The largest level at which the page around {@code hvn} lies within this region. */
  int pageLevel(long hvn) {
    int fitting = level;
    while (fitting > 1) {
      long frames = HostFrames.framesOf(fitting);
      long start = hvn & -frames;
      if (start >= first && start + frames <= end) {
        break;
      }
      fitting--;
    }
    return fitting;
  }

  Region withRange(long newFirst, long newEnd) {
    return new Region(newFirst, newEnd, level, isWritable);
  }

  Region withWritable(boolean nowWritable) {
    return new Region(first, end, level, nowWritable);
  }
}
