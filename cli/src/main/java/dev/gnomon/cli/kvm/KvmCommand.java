package dev.gnomon.cli.kvm;

import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.machine.kvm.KvmMachine;
import dev.gnomon.machine.kvm.KvmOutcome;
import dev.gnomon.machine.kvm.KvmRefusalException;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gnomon kvm}: a flat guest under the host's own KVM. */
@Command(
    name = "kvm",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    customSynopsis = {
      "gnomon kvm GUEST [options]",
      "       gnomon kvm --runs FILE [--run NAME...] [options]",
    },
    description = {
      "",
      "Runs a flat guest under the host's own KVM, on the machine on which the oracle's recordings"
          + " were made: the same memory, page tables and registers at the start, the same ports"
          + " and host operations. Memory slots lie over this program's own memory; everything"
          + " else is done by the kernel.",
      "",
      "Printed is what the recorder prints: OP a host operation or a turn, VCPU n val what the"
          + " guest prints, MMIO, DIRTY the dirty log, RING the dirty rings, VCPU the registers at"
          + " the end, HASH the FNV-1a hash of a slot's memory. Then the events of KVM's MMU in"
          + " canonical form, if the kernel lets this user trace (tracefs mounted on"
          + " /sys/kernel/tracing, usually root).",
      ""
    },
    footer = {
      "",
      "A guest ends by OUT to port 0x14, or HLT. It prints EAX by OUT to 0x13, AL as a character by"
          + " OUT to 0x10, yields to the next vCPU by OUT to 0x12, and asks for host operation EAX"
          + " with arguments EBX and ECX by OUT to 0x11: 0 mark, 1 get the dirty log of a slot, 2"
          + " set a slot's flags, 3 clear a range of the dirty log, 9 and 10 delete and add a slot,"
          + " 16 manual protect, 18 write to memory, 21 harvest the dirty rings.",
      "",
      "Examples:",
      "  gnomon kvm oracle/guests/bin/write.long0 --dirty-log",
      "  gnomon kvm hello.bin --mode long --cpl 3 --slot 0x800000,0x10000 --no-events",
      "  gnomon kvm --runs oracle/runs --run two.long.0",
      "",
      "Exit status: 0 the guest has ended; 1 it has not ended by itself; 2 wrong usage, no"
          + " /dev/kvm,",
      "or a guest that this KVM refuses; 130 interrupted."
    })
public final class KvmCommand implements Callable<Integer> {
  @Mixin private GuestOptions options = new GuestOptions();

  @Option(names = "--no-events", description = "KVM's events are not recorded.")
  private boolean hasNoEvents;

  @Spec private @Nullable CommandSpec spec;

  private boolean isTraceObstacleTold;

  /** Made by picocli. */
  public KvmCommand() {}

  @Override
  public Integer call() {
    List<FlatGuest> guests = options.guests();
    HostKvm.require();
    int worst = ExitStatus.OK;
    try (Interruption interruption = new Interruption()) {
      interruption.install();
      for (FlatGuest guest : guests) {
        if (guests.size() > 1) {
          out().println("RUN " + guest.name());
        }
        try {
          worst = Math.max(worst, run(guest, interruption));
        } catch (KvmRefusalException e) {
          if (guests.size() == 1) {
            throw e;
          }
          out().println("SKIPPED: " + e.getMessage());
        }
        out().flush();
        if (interruption.isRequested()) {
          return ExitStatus.INTERRUPTED;
        }
      }
    }
    return worst;
  }

  private int run(FlatGuest guest, Interruption interruption) {
    KvmOutcome outcome;
    try (KvmMachine machine =
        new KvmMachine(guest.run(), guest.fileName(), guest.program(), !hasNoEvents)) {
      outcome = KvmRun.of(machine, options.timeoutSeconds, interruption);
    }
    outcome.output().forEach(out()::println);
    if (!hasNoEvents) {
      events(outcome);
    }
    out().flush();
    for (KvmOutcome.Trouble trouble : outcome.trouble()) {
      err().println("gnomon: %s: %s".formatted(guest.name(), trouble.text()));
    }
    err().flush();
    return outcome.trouble().isEmpty() ? ExitStatus.OK : ExitStatus.VIOLATED;
  }

  private void events(KvmOutcome outcome) {
    if (outcome.eventsObstacle().isEmpty()) {
      out().println("EVENTS " + outcome.events().size());
      outcome.events().forEach(out()::println);
    } else if (!isTraceObstacleTold) {
      isTraceObstacleTold = true;
      out().println("EVENTS left out: " + outcome.eventsObstacle());
    }
  }

  private PrintWriter out() {
    return known().commandLine().getOut();
  }

  private PrintWriter err() {
    return known().commandLine().getErr();
  }

  private CommandSpec known() {
    CommandSpec now = spec;
    if (now == null) {
      throw new IllegalStateException("picocli has not made this command");
    }
    return now;
  }
}
