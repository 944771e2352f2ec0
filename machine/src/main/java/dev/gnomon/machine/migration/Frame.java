package dev.gnomon.machine.migration;

/**
 * A frame as it came off the wire.
 *
 * @param type what it is
 * @param payload its bytes, the frame's own
 */
record Frame(FrameType type, byte[] payload) {
  /** No frame has more bytes of payload. */
  static final int LARGEST = 8 << 20;

  /** Its payload, to be read from the beginning. */
  PayloadReader reader() {
    return new PayloadReader(payload, type);
  }
}
