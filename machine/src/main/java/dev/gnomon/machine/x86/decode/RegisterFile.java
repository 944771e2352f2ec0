package dev.gnomon.machine.x86.decode;

/** The kinds of registers that an instruction can name. */
public enum RegisterFile {
  /** RAX to R15, or their low parts. */
  GENERAL,
  /** AH, CH, DH, BH: bits 15 to 8 of RAX, RCX, RDX, RBX, whose numbers they bear here (0 to 3). */
  HIGH_BYTE,
  /** ES, CS, SS, DS, FS, GS. */
  SEGMENT,
  CONTROL,
  DEBUG,
  XMM
}
