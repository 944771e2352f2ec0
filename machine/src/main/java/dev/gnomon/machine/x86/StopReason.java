package dev.gnomon.machine.x86;

/** Why {@link X86Cpu#run} returned. */
public enum StopReason {
  /** The board called {@link X86Cpu#stop}. */
  STOPPED,
  /** HLT, and the board has nothing that would wake it. */
  HALTED,
  /** Triple fault. */
  SHUTDOWN,
  /** The VMM wants the vCPU to stay out of the guest. */
  PAUSED,
  /** As many instructions as were asked for have been executed. */
  COUNT
}
