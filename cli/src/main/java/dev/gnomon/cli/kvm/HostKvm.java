package dev.gnomon.cli.kvm;

import dev.gnomon.machine.InputException;
import dev.gnomon.machine.kvm.KvmDevice;

/** The host's KVM. */
final class HostKvm {
  private HostKvm() {}

  /**
   * Sees to it that there is one.
   *
   * @throws InputException if there is none for this user; one line says why
   */
  static void require() {
    String obstacle = KvmDevice.obstacle();
    if (!obstacle.isEmpty()) {
      throw new InputException(obstacle);
    }
  }
}
