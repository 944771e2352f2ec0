package dev.gnomon.machine.x86;

import java.util.function.Consumer;

/** An operation that is a method and is not executed often enough to need a class of its own. */
final class SimpleOperation extends Operation {
  private final Consumer<X86Cpu> action;

  SimpleOperation(Consumer<X86Cpu> action) {
    this.action = action;
  }

  /** The maker for a mnemonic without operands. */
  static OperationMaker of(Consumer<X86Cpu> action) {
    SimpleOperation operation = new SimpleOperation(action);
    return instruction -> operation;
  }

  /** The maker for a mnemonic that only CPL 0 may execute. */
  static OperationMaker privileged(Consumer<X86Cpu> action) {
    return of(
        cpu -> {
          Privileges.requireKernel(cpu);
          action.accept(cpu);
        });
  }

  @Override
  void execute(X86Cpu cpu) {
    action.accept(cpu);
  }
}
