package dev.gnomon.machine.device;

import dev.gnomon.machine.x86.X86Cpu;

/** Who is told what a guest does that it probably does not mean to. */
public interface PcListener {

  /**
   * The guest uses a port behind which there is nothing. Called by the vCPU's CPU, outside guest
   * mode.
   *
   * @param size 1, 2 or 4
   * @return whether the machine is to stop for that
   */
  boolean unclaimedPort(X86Cpu cpu, int port, int size, boolean isWrite, long value);

  /**
   * The guest has come to an instruction that this processor does not know, and gets #UD. Called by
   * the vCPU's CPU, in guest mode.
   *
   * @param rip where the instruction begins
   * @param bytes up to 15 bytes from there; none if they are not in memory
   */
  void unknownInstruction(X86Cpu cpu, long rip, byte[] bytes);
}
