package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Repeat;
import java.util.function.BiConsumer;

/** IN, OUT, INS, OUTS: each access of a port leaves the guest. Intel SDM vol. 2; vol. 1, ch. 19. */
final class PortInstructions {
  private PortInstructions() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.IN, PortInstructions::in);
    into.accept(Mnemonic.OUT, PortInstructions::out);
    into.accept(Mnemonic.INS, instruction -> new StringStep(instruction, true));
    into.accept(Mnemonic.OUTS, instruction -> new StringStep(instruction, false));
  }

  private static Operation in(Instruction instruction) {
    Place data = Place.of(instruction, 0);
    Place port = Place.of(instruction, 1);
    return new SimpleOperation(
        cpu -> data.write(cpu, input(cpu, (int) port.read(cpu) & 0xffff, data.size)));
  }

  private static Operation out(Instruction instruction) {
    Place port = Place.of(instruction, 0);
    Place data = Place.of(instruction, 1);
    return new SimpleOperation(
        cpu -> output(cpu, (int) port.read(cpu) & 0xffff, data.size, data.read(cpu)));
  }

  private static long input(X86Cpu cpu, int port, int size) {
    Privileges.requirePort(cpu, port, size);
    return Exits.outside(cpu, () -> cpu.board().in(cpu, port, size));
  }

  private static void output(X86Cpu cpu, int port, int size, long value) {
    Privileges.requirePort(cpu, port, size);
    Exits.outside(
        cpu,
        () -> {
          cpu.board().out(cpu, port, size, value);
          return 0;
        });
  }

  /**
   * INS or OUTS. With REP it does one element and then goes back to itself, so that it can be
   * interrupted between any two, its registers being up to date.
   */
  private static final class StringStep extends Operation {
    private final boolean isInput;
    private final boolean isRepeated;
    private final int size;
    private final int addressSize;
    private final int segment;

    StringStep(Instruction instruction, boolean isInput) {
      this.isInput = isInput;
      isRepeated = instruction.repeat() != Repeat.NONE;
      size = elementSize(instruction);
      addressSize = instruction.addressSize();
      int override = instruction.segmentOverride();
      segment = isInput ? CpuState.ES : override < 0 ? CpuState.DS : override;
    }

    private static int elementSize(Instruction instruction) {
      // Bit 0 of the opcode tells bytes from words; there are no ports of 8 bytes.
      return (instruction.opcode() & 1) == 0 ? 1 : Math.min(instruction.operandSize(), 4);
    }

    @Override
    void execute(X86Cpu cpu) {
      CpuState state = cpu.state();
      long count = isRepeated ? state.read(CpuState.RCX, addressSize) : 1;
      if (count == 0) {
        return;
      }
      int port = (int) state.gpr[CpuState.RDX] & 0xffff;
      int register = isInput ? CpuState.RDI : CpuState.RSI;
      long offset = state.read(register, addressSize);
      if (isInput) {
        Privileges.requirePort(cpu, port, size);
        // A port that has been read cannot be read again after a fault.
        cpu.prepareWrite(segment, offset, size);
        cpu.writeMemory(segment, offset, size, input(cpu, port, size));
      } else {
        Privileges.requirePort(cpu, port, size);
        output(cpu, port, size, cpu.readMemory(segment, offset, size));
      }
      boolean isDown = (state.systemFlags() & Flags.DF) != 0;
      state.write(register, addressSize, isDown ? offset - size : offset + size);
      if (isRepeated) {
        state.write(CpuState.RCX, addressSize, count - 1);
        if (count > 1) {
          cpu.restart();
        }
      }
    }
  }
}
