package dev.gnomon.machine.x86;

/**
 * A decoded instruction bound to what it does. There is one small class for each kind of
 * instruction and shape of operands, so that each is compiled by itself and for what it is.
 *
 * <p>An operation keeps what it needs of the {@link dev.gnomon.machine.x86.decode.Instruction} in
 * final fields, allocates nothing, and changes no register before its last access that can fault.
 */
abstract class Operation {

  /**
   * Executes the instruction. {@link CpuState#rip} already holds the address of the next one; a
   * branch replaces it. When it throws, the run loop puts RIP back.
   *
   * @throws GuestException if the guest's exception is to be delivered; nothing has changed then
   */
  abstract void execute(X86Cpu cpu);
}
