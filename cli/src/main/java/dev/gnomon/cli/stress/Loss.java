package dev.gnomon.cli.stress;

/**
 * A page that was lost, or reached behind the MMU's back.
 *
 * @param gpa where
 * @param what happened, in a few words
 */
record Loss(long gpa, String what) {

  String describe() {
    return "page at gpa %#x: %s".formatted(gpa & -4096L, what);
  }
}
