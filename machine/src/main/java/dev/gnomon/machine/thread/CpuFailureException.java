package dev.gnomon.machine.thread;

/** A body has failed: says which, and under which schedule. The cause is what the body threw. */
public final class CpuFailureException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final int cpuIndex;

  public CpuFailureException(int cpuIndex, String message, Throwable cause) {
    super(message, cause);
    this.cpuIndex = cpuIndex;
  }

  /** The number of the CPU whose body failed first. */
  public int cpuIndex() {
    return cpuIndex;
  }
}
