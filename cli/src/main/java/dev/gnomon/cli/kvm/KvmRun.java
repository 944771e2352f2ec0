package dev.gnomon.cli.kvm;

import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.machine.kvm.KvmMachine;
import dev.gnomon.machine.kvm.KvmOutcome;

/** One run of a guest under the host's KVM, which has its time and can be interrupted. */
final class KvmRun {
  private KvmRun() {}

  /**
   * Runs a guest to its end.
   *
   * @param seconds after which it is stopped
   */
  static KvmOutcome of(KvmMachine machine, int seconds, Interruption interruption) {
    try (TimeLimit limit = new TimeLimit(machine.kick(), seconds)) {
      interruption.onRequest(limit::stop);
      try {
        return machine.run(limit::isOver);
      } finally {
        interruption.onRequest(() -> {});
      }
    }
  }
}
