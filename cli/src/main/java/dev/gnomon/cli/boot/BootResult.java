package dev.gnomon.cli.boot;

import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.machine.device.Ending;
import dev.gnomon.mmu.config.Stat;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;

/**
 * What came of a boot.
 *
 * @param plan what was booted
 * @param ending how the machine ended
 * @param cause why it was ended from outside, if it was
 * @param shutdownReason what led to a triple fault, if there was one
 * @param processors how each vCPU ended, a line each
 * @param instructions executed by each vCPU
 * @param seconds from the first instruction to the end
 * @param stats what the MMU counted
 * @param violations invariants that do not hold, a line each
 */
record BootResult(
    BootPlan plan,
    Ending ending,
    Cause cause,
    String shutdownReason,
    List<String> processors,
    List<Long> instructions,
    double seconds,
    Map<Stat, Long> stats,
    List<String> violations) {

  /** What ends a guest from outside. */
  enum Cause {
    NONE,
    INTERRUPTED,
    TIMEOUT
  }

  long allInstructions() {
    return instructions.stream().mapToLong(Long::longValue).sum();
  }

  /** Millions of instructions a second, of all vCPUs together. */
  double mips() {
    return seconds > 0 ? allInstructions() / seconds / 1e6 : 0;
  }

  long stat(Stat stat) {
    return stats.getOrDefault(stat, 0L);
  }

  /** The exit status of the command. */
  int status() {
    if (!violations.isEmpty()) {
      return ExitStatus.VIOLATED;
    }
    return switch (ending.kind()) {
      case EXIT -> (int) (ending.value() << 1 | 1) & 0xff;
      case IDLE -> ExitStatus.OK;
      case STOPPED -> cause == Cause.INTERRUPTED ? ExitStatus.INTERRUPTED : ExitStatus.VIOLATED;
      case DEAD, RESET, SHUTDOWN, UNCLAIMED_PORT -> ExitStatus.VIOLATED;
    };
  }

  /** What is to be said about the end, a line each; nothing if the guest ended by itself. */
  List<String> remarks() {
    String how =
        switch (ending.kind()) {
          case EXIT -> "";
          case IDLE -> "the guest has halted; nothing is left that would interrupt it";
          case DEAD -> "the guest is dead: all vCPUs have halted, and interrupts are off";
          case RESET -> "the guest asked for a reset";
          case SHUTDOWN -> "vCPU %d shut down: %s".formatted(ending.vcpu(), shutdownReason);
          case UNCLAIMED_PORT ->
              "stopped at a port that nothing is behind, 0x%x, which vCPU %d used"
                  .formatted(ending.value(), ending.vcpu());
          case STOPPED ->
              cause == Cause.TIMEOUT
                  ? "the guest did not end within " + plan.timeoutSeconds() + " s"
                  : "interrupted";
        };
    if (how.isEmpty()) {
      return violations;
    }
    if (ending.kind() == Ending.Kind.IDLE) {
      return List.of(how);
    }
    return Stream.of(List.of(how), processors, violations).flatMap(List::stream).toList();
  }
}
