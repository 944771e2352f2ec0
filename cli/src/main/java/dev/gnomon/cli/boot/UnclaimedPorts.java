package dev.gnomon.cli.boot;

import dev.gnomon.machine.device.PcListener;
import dev.gnomon.machine.x86.X86Cpu;
import java.io.PrintWriter;
import java.util.BitSet;
import java.util.Locale;

/** Says which ports a guest uses that nothing is behind, each the first time. Any thread calls. */
final class UnclaimedPorts implements PcListener {

  /** What is done about them. */
  enum Policy {
    WARN,
    STOP,
    IGNORE;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private final Policy policy;
  private final PrintWriter err;

  /** Guarded by this. */
  private final BitSet said = new BitSet();

  UnclaimedPorts(Policy policy, PrintWriter err) {
    this.policy = policy;
    this.err = err;
  }

  @Override
  public boolean unclaimedPort(X86Cpu cpu, int port, int size, boolean isWrite, long value) {
    if (policy != Policy.IGNORE && isFirst(port)) {
      err.println(
          "gnomon: nothing is at port 0x%x: vCPU %d %s %d byte%s there%s (RIP 0x%x)"
              .formatted(
                  port,
                  cpu.index(),
                  isWrite ? "writes" : "reads",
                  size,
                  size == 1 ? "" : "s",
                  isWrite ? ", 0x%x".formatted(value) : "",
                  cpu.state().rip));
      err.flush();
    }
    return policy == Policy.STOP;
  }

  private synchronized boolean isFirst(int port) {
    boolean isFirst = !said.get(port);
    said.set(port);
    return isFirst;
  }
}
