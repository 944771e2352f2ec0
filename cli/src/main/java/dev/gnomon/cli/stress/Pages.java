package dev.gnomon.cli.stress;

/**
 * The pages that are hammered, evenly spaced in guest memory.
 *
 * @param first the gpa of the first
 * @param spacing the distance from one to the next, in bytes
 * @param count how many
 */
record Pages(long first, long spacing, int count) {

  /** The gpa of one. */
  long gpa(int page) {
    return first + page * spacing;
  }
}
