package dev.gnomon.cli.kvm;

import dev.gnomon.cli.event.MemoryLog;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.Interruption;
import dev.gnomon.cli.vm.RuleOptions;
import dev.gnomon.machine.kvm.HostMmu;
import dev.gnomon.machine.kvm.KvmMachine;
import dev.gnomon.machine.kvm.KvmOutcome;
import dev.gnomon.machine.kvm.KvmRefusalException;
import dev.gnomon.machine.processor.ProcessorModel;
import dev.gnomon.machine.recorder.Replay;
import dev.gnomon.machine.recorder.ReplayConfig;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.TdpKind;
import java.io.PrintWriter;
import java.util.List;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gnomon compare-kvm}: a flat guest under the host's own KVM, and here. */
@Command(
    name = "compare-kvm",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    usageHelpWidth = 100,
    customSynopsis = {
      "gnomon compare-kvm GUEST [options]",
      "       gnomon compare-kvm --runs FILE [--run NAME...] [options]",
    },
    description = {
      "",
      "Runs a flat guest under the host's own KVM, as 'gnomon kvm' does, and the same guest here,"
          + " and compares what both printed, dirty logs included, the registers of each vCPU after"
          + " its last instruction, and all of memory.",
      "Events are compared if the host's KVM uses the TDP MMU, as this program does, and lets this"
          + " user trace. With another MMU (shadow paging) the dirty log here must name all that"
          + " KVM's names, and may name more.",
      "A guest that the host's KVM refuses, or cannot run to its end, is reported and skipped.",
      ""
    },
    footer = {
      "",
      "Examples:",
      "  gnomon compare-kvm oracle/guests/bin/write.long0 --dirty-log",
      "  gnomon compare-kvm --runs oracle/runs --as linux-6.12",
      "",
      "Exit status: 0 nothing differs; 1 something differs; 2 wrong usage, or no /dev/kvm;",
      "130 interrupted."
    })
public final class CompareKvmCommand implements Callable<Integer> {
  @Mixin private GuestOptions options = new GuestOptions();

  @Mixin private RuleOptions rules = new RuleOptions();

  @Option(names = "--all-differences", description = "A diff for each guest that differs.")
  private boolean showsAll;

  @Spec private @Nullable CommandSpec spec;

  private int equal;
  private int differing;
  private int skipped;

  /** Made by picocli. */
  public CompareKvmCommand() {}

  @Override
  public Integer call() {
    List<FlatGuest> guests = options.guests();
    HostMmu mmu = HostMmu.ofThisHost();
    ReplayConfig config = configLike(mmu);
    HostKvm.require();
    if (!mmu.isTdp()) {
      out().println("events are not compared: the host's KVM uses " + mmu.words());
    }
    try (Interruption interruption = new Interruption()) {
      interruption.install();
      for (FlatGuest guest : guests) {
        compare(guest, mmu, config, interruption);
        out().flush();
        if (interruption.isRequested()) {
          return ExitStatus.INTERRUPTED;
        }
      }
    }
    if (guests.size() > 1) {
      out().println("%d of %d equal, %d skipped".formatted(equal, equal + differing, skipped));
    }
    out().flush();
    return differing == 0 ? ExitStatus.OK : ExitStatus.VIOLATED;
  }

  /**
   * The MMU here that is the most like the host's; for one that shadows, a TDP MMU whose walks of
   * the guest's tables are no writes. Translations are not kept across exits: a guest that relied
   * on stale ones could not be compared.
   */
  private ReplayConfig configLike(HostMmu mmu) {
    boolean isNpt = mmu == HostMmu.NPT;
    MmuConfig config = MmuConfig.of(isNpt ? TdpKind.NPT : TdpKind.EPT, 1);
    if (!isNpt && mmu != HostMmu.EPT) {
      config = config.withAccessedDirty(false);
    }
    return new ReplayConfig(
        rules.of(config), rules.rules(), new ProcessorModel(true, false, isNpt, isNpt));
  }

  private void compare(
      FlatGuest guest, HostMmu mmu, ReplayConfig config, Interruption interruption) {
    byte[] program = guest.program();
    KvmOutcome outcome;
    try (KvmMachine machine = new KvmMachine(guest.run(), guest.fileName(), program, mmu.isTdp())) {
      outcome = KvmRun.of(machine, options.timeoutSeconds, interruption);
    } catch (KvmRefusalException e) {
      skip(guest, String.valueOf(e.getMessage()));
      return;
    }
    for (KvmOutcome.Trouble trouble : outcome.trouble()) {
      if (!trouble.isGuests()) {
        skip(guest, "under the host's KVM: " + trouble.text());
        return;
      }
    }
    if (mmu.isTdp() && !outcome.eventsObstacle().isEmpty()) {
      out().println("events are not compared: " + outcome.eventsObstacle());
    }
    report(
        guest,
        new Comparison(outcome, Replay.of(guest.run(), program, config, MemoryLog::open), mmu));
  }

  private void skip(FlatGuest guest, String reason) {
    skipped++;
    out().println("skipped  %s: %s".formatted(guest.name(), reason));
  }

  private void report(FlatGuest guest, Comparison comparison) {
    if (comparison.difference().isEmpty()) {
      equal++;
      out().println("equal    " + guest.name());
    } else {
      differing++;
      out().println("differs  " + guest.name());
      if (showsAll || differing == 1) {
        comparison.difference().forEach(out()::println);
      }
    }
    comparison.notes().forEach(note -> out().println("         " + note));
  }

  private PrintWriter out() {
    CommandSpec known = spec;
    if (known == null) {
      throw new IllegalStateException("picocli has not made this command");
    }
    return known.commandLine().getOut();
  }
}
