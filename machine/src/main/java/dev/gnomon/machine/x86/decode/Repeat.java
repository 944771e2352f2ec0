package dev.gnomon.machine.x86.decode;

/** The repeat prefix of an instruction. */
public enum Repeat {
  NONE,
  /** F3: REP or REPE. */
  REP,
  /** F2: REPNE. */
  REPNE
}
