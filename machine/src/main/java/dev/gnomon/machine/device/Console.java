package dev.gnomon.machine.device;

/** What is at the other end of the serial line. Called under the port bus's lock. */
public interface Console {

  /** Takes a byte that the guest sent, 0 to 255. */
  void write(int value);

  /** Whether there is a byte for the guest. */
  boolean hasInput();

  /**
   * Takes the next byte for the guest, 0 to 255.
   *
   * @return -1 if there is none
   */
  int read();
}
