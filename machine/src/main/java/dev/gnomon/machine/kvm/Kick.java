package dev.gnomon.machine.kvm;

/**
 * Gets a thread out of KVM_RUN: a signal that the thread blocks, and that KVM lets through while
 * the guest runs, is never delivered; it only makes KVM_RUN return, now or when it is called next.
 * (KVM API documentation, KVM_SET_SIGNAL_MASK.)
 */
public final class Kick {
  /** A real-time signal; nothing else in a JVM uses it. */
  static final int SIGNAL = 40;

  /** The signal in a set of signals. */
  static final long MASK = 1L << SIGNAL - 1;

  private final SystemCalls calls;
  private final long thread;

  Kick(SystemCalls calls) {
    this.calls = calls;
    thread = calls.self();
  }

  /** Does it. Any thread may call, as long as the kicked one lives. */
  public void send() {
    calls.kill(thread, SIGNAL);
  }
}
