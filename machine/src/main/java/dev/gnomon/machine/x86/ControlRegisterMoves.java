package dev.gnomon.machine.x86;

import dev.gnomon.machine.x86.decode.Instruction;
import dev.gnomon.machine.x86.decode.Mnemonic;
import dev.gnomon.machine.x86.decode.Operand;
import dev.gnomon.mmu.arch.ControlBits;
import java.util.function.BiConsumer;

/** MOV to and from control registers, CLTS, LMSW, SMSW. Intel SDM vol. 2B, MOV; vol. 3A, 2.5. */
final class ControlRegisterMoves {
  /** The bits of CR0 that LMSW loads; it cannot clear PE. */
  private static final long MACHINE_STATUS =
      ControlBits.CR0_PE | ControlBits.CR0_MP | ControlBits.CR0_EM | ControlBits.CR0_TS;

  private ControlRegisterMoves() {}

  static void register(BiConsumer<Mnemonic, OperationMaker> into) {
    into.accept(Mnemonic.MOV_CR, ControlRegisterMoves::move);
    into.accept(Mnemonic.CLTS, SimpleOperation.privileged(PagingControl::clearTaskSwitched));
    into.accept(
        Mnemonic.LMSW,
        instruction -> {
          Place source = Place.of(instruction, 0);
          return new SimpleOperation(cpu -> loadMachineStatus(cpu, source));
        });
    into.accept(
        Mnemonic.SMSW,
        instruction -> {
          Place destination = Place.of(instruction, 0);
          return new SimpleOperation(
              cpu -> {
                Privileges.requireNoUmip(cpu);
                destination.write(cpu, cpu.state().cr0);
              });
        });
  }

  private static Operation move(Instruction instruction) {
    Operand.Register destination = (Operand.Register) instruction.operand(0);
    Operand.Register source = (Operand.Register) instruction.operand(1);
    int size = instruction.is64Bit() ? 8 : 4;
    return switch (destination.file()) {
      case CONTROL ->
          exists(destination.number())
              ? new SimpleOperation(
                  cpu -> {
                    Privileges.requireKernel(cpu);
                    long value = cpu.state().read(source.number(), size);
                    store(cpu, destination.number(), value);
                  })
              : new Operations.Undefined();
      default ->
          exists(source.number())
              ? new SimpleOperation(
                  cpu -> {
                    Privileges.requireKernel(cpu);
                    cpu.state().write(destination.number(), size, load(cpu, source.number()));
                  })
              : new Operations.Undefined();
    };
  }

  private static boolean exists(int number) {
    return number == 0 || number == 2 || number == 3 || number == 4 || number == 8;
  }

  private static long load(X86Cpu cpu, int number) {
    CpuState state = cpu.state();
    return switch (number) {
      case 0 -> state.cr0;
      case 2 -> state.cr2;
      case 3 -> state.cr3;
      case 4 -> state.cr4;
      default -> state.cr8;
    };
  }

  private static void store(X86Cpu cpu, int number, long value) {
    switch (number) {
      case 0 -> PagingControl.storeCr0(cpu, value);
      case 2 -> cpu.state().cr2 = value;
      case 3 -> PagingControl.storeCr3(cpu, value);
      case 4 -> PagingControl.storeCr4(cpu, value);
      default -> storeTaskPriority(cpu, value);
    }
  }

  private static void storeTaskPriority(X86Cpu cpu, long value) {
    if (value >>> 4 != 0) {
      throw cpu.raise(GuestException.GP, 0);
    }
    cpu.state().cr8 = value;
    cpu.lookForInterrupts();
  }

  private static void loadMachineStatus(X86Cpu cpu, Place source) {
    Privileges.requireKernel(cpu);
    long cr0 = cpu.state().cr0;
    long loaded = source.read(cpu) & MACHINE_STATUS;
    long kept = cr0 & ~MACHINE_STATUS | cr0 & ControlBits.CR0_PE;
    PagingControl.storeCr0(cpu, kept | loaded);
  }
}
