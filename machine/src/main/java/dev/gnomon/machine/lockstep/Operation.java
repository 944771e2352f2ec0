package dev.gnomon.machine.lockstep;

/** The kinds of steps. */
enum Operation {
  LOAD,
  STORE,
  READ_MODIFY_WRITE,
  BULK,
  FENCE,
  AWAIT,
  RETRY,
  CHOOSE
}
