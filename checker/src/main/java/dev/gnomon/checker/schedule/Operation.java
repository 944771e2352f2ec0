package dev.gnomon.checker.schedule;

/** What a mover is about to do, or did. */
enum Operation {
  /** Runs to its first access. */
  BEGIN(false),
  LOAD(false),
  STORE(true),
  READ_MODIFY_WRITE(true),
  /** The oldest store of a buffer reaches memory. */
  COMMIT(true),
  /** Waits until the buffer is empty. */
  FENCE(false),
  /** Goes on when a word no longer holds a value. */
  AWAIT(false),
  /** Goes on when a word that the attempt has read was written by another. */
  RETRY(false),
  LOCK_SHARED(false),
  LOCK_EXCLUSIVE(true),
  UNLOCK_SHARED(false),
  UNLOCK_EXCLUSIVE(true),
  /** Gets an outcome of a choice of nature. */
  CHOOSE(false),
  READ_FRAME(false),
  WRITE_FRAME(true),
  FREE(true),
  /** Takes a frame that was given back. */
  TAKE_AGAIN(true);

  private final boolean writes;

  Operation(boolean writes) {
    this.writes = writes;
  }

  /** Whether it may change what it works on, so that its order with any other access matters. */
  boolean writes() {
    return writes;
  }

  /** Whether it waits until the stores that its CPU has buffered are in memory. */
  boolean drains() {
    return switch (this) {
      case READ_MODIFY_WRITE, FENCE, LOCK_SHARED, LOCK_EXCLUSIVE, READ_FRAME, WRITE_FRAME, FREE ->
          true;
      default -> false;
    };
  }
}
