package dev.gnomon.cli.usage;

/** What the exit status of every command means. */
public final class ExitStatus {
  /** All is well. */
  public static final int OK = 0;

  /** Something that must hold was violated, or something differed. */
  public static final int VIOLATED = 1;

  /** Wrong usage or input. */
  public static final int USAGE = 2;

  /** Stopped by an interrupt, with what there was until then reported. */
  public static final int INTERRUPTED = 130;

  private ExitStatus() {}
}
