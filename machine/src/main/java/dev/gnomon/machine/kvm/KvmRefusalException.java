package dev.gnomon.machine.kvm;

import dev.gnomon.machine.InputException;

/**
 * The host's KVM is there, but does not run this guest: a call of it failed, or it did not take
 * what it was given. Says what, in one line.
 */
public final class KvmRefusalException extends InputException {

  private static final long serialVersionUID = 1L;

  /**
   * @param message which request failed, and how
   */
  KvmRefusalException(String message) {
    super("the host's KVM refuses this guest: " + message);
  }
}
