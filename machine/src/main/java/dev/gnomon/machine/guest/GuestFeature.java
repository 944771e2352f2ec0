package dev.gnomon.machine.guest;

/** What the guest's operating system does besides playing traces. */
public enum GuestFeature {
  /** A process forks: parent and child share their pages until one of them writes. */
  FORK,
  /** A process gives pages back, one by one with INVLPG, or a whole table of them. */
  MUNMAP,
  /** A process makes pages read-only, and writable again when it writes them. */
  MPROTECT,
  /** The kernel moves a page, its own or a shared one, to another frame. */
  MOVE,
  /** The kernel reaches the tables in use through an entry of the top table that points at it. */
  RECURSIVE
}
