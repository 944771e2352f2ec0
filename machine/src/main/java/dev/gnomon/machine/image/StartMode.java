package dev.gnomon.machine.image;

/** The state in which an image's first instruction finds the processor. */
public enum StartMode {
  /** Protected mode, flat 32-bit segments, no paging; EAX and EBX as the multiboot loader says. */
  MULTIBOOT,

  /** The same, and nothing in the registers. */
  FLAT32,

  /** Real mode. */
  REAL
}
