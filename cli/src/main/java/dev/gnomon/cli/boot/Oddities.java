package dev.gnomon.cli.boot;

import dev.gnomon.machine.device.PcListener;
import dev.gnomon.machine.x86.X86Cpu;
import java.io.PrintWriter;
import java.util.BitSet;
import java.util.HashSet;
import java.util.HexFormat;
import java.util.Locale;
import java.util.Set;

/**
 * Says what a guest does that it probably does not mean to, each the first time: uses ports behind
 * which there is nothing, and instructions that the processor does not know. Any thread calls.
 */
final class Oddities implements PcListener {

  /** What is done about such ports. */
  enum Policy {
    WARN,
    STOP,
    IGNORE;

    String label() {
      return name().toLowerCase(Locale.ROOT);
    }
  }

  private static final int MOST_ADDRESSES = 20;

  private final Policy policy;
  private final PrintWriter err;

  /** Ports. Guarded by this. */
  private final BitSet said = new BitSet();

  /** Addresses. Guarded by this. */
  private final Set<Long> saidAt = new HashSet<>();

  Oddities(Policy policy, PrintWriter err) {
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

  @Override
  public void unknownInstruction(X86Cpu cpu, long rip, byte[] bytes) {
    if (policy != Policy.IGNORE && isFirstAt(rip)) {
      err.println(
          ("gnomon: vCPU %d does not know the instruction at RIP 0x%x, in %s, and raises #UD;"
                  + " the bytes there: %s")
              .formatted(
                  cpu.index(),
                  rip,
                  ProcessorLine.mode(cpu.state()),
                  HexFormat.ofDelimiter(" ").formatHex(bytes)));
      err.flush();
    }
  }

  private synchronized boolean isFirstAt(long rip) {
    return saidAt.size() < MOST_ADDRESSES && saidAt.add(rip);
  }
}
