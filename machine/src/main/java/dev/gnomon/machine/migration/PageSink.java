package dev.gnomon.machine.migration;

import dev.gnomon.machine.guest.GuestState;

/**
 * Where a migration goes. Called by the thread that migrates, in this order: {@link #begin}; rounds
 * of {@link #page} and {@link #zeros}, each ended by {@link #endRound}; {@link #guestState}; {@link
 * #compare} for each touched page in ascending order; {@link #comparison}.
 *
 * <p>All may throw {@link dev.gnomon.machine.InputException}, which ends the migration and leaves
 * the source as it is.
 */
public interface PageSink {

  /** Says what is about to come. */
  void begin(VmDescription description);

  /** Takes a frame's content, 4096 bytes that the caller may change afterwards. */
  void page(long frame, byte[] content);

  /** Takes the news that a frame holds zeros only. */
  void zeros(long frame);

  /** Returns when all that was sent has arrived. */
  void endRound();

  /** Takes what of the stopped guest lies outside its memory. */
  void guestState(GuestState state);

  /** Compares a frame with what has arrived. */
  void compare(long frame, byte[] content);

  /** What came of it; frames that were not compared must hold zeros. */
  Comparison comparison();

  /** Called now and then while the migration waits for something. */
  default void idle() {}
}
