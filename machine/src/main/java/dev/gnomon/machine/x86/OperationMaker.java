package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;

/** Makes the operations of one mnemonic. */
@FunctionalInterface
interface OperationMaker {

  /** The operation of an instruction; called once per decoding. */
  Operation make(Instruction instruction);
}
