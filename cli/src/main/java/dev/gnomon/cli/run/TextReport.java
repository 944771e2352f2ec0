package dev.gnomon.cli.run;

import dev.gnomon.cli.usage.ByteSize;
import dev.gnomon.cli.vm.DirtyLogChoice;
import dev.gnomon.cli.vm.MmuText;
import dev.gnomon.cli.vm.StatGroups;
import dev.gnomon.machine.guest.GuestConfig;
import dev.gnomon.machine.guest.GuestStat;
import dev.gnomon.machine.guest.Nesting;
import dev.gnomon.machine.migration.MigrationResult;
import dev.gnomon.machine.migration.Round;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.io.PrintWriter;
import java.util.List;
import java.util.Locale;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The summary that a person reads. */
final class TextReport {
  private static final List<String> PAGE_SIZES = List.of("4k", "2m", "1g");

  private final RunResult result;
  private final PrintWriter out;

  private TextReport(RunResult result, PrintWriter out) {
    this.result = result;
    this.out = out;
  }

  /** Prints the summary of a run. */
  static void print(RunResult result, PrintWriter out) {
    TextReport report = new TextReport(result, out);
    report.setup();
    out.println();
    report.counts();
    report.host();
    report.verified();
    out.flush();
  }

  private void line(String label, String format, Object... values) {
    out.printf(Locale.ROOT, "%-12s %s%n", label, String.format(Locale.ROOT, format, values));
  }

  // --- what was run ---

  private void setup() {
    RunPlan plan = result.plan();
    MmuConfig mmu = plan.vm().mmu();
    if (result.wasInterrupted()) {
      line("interrupted", "what follows is as far as the run came");
    }
    line(
        "traces",
        "%s%s; %s on %s",
        String.join(", ", result.traces()),
        plan.repeat() > 1 ? " x " + plan.repeat() : "",
        count(result.processes(), "process", "processes"),
        count(mmu.vcpus(), "vCPU", "vCPUs"));
    line("mmu", "%s", mmu(mmu));
    line(
        "memory",
        "%s; host pages up to %s, guest pages %s, guest paging %s",
        ByteSize.text(plan.vm().memoryBytes()),
        PAGE_SIZES.get(plan.vm().hostPageLevel() - 1),
        plan.guest().usesLargePages() ? "up to 2m" : "4k",
        GuestOptions.label(plan.guestLevels()));
    guest(plan.guest());
    String rules = plan.rules().describe();
    line("rules", "%s", rules.isEmpty() ? "all at their defaults" : rules);
    line("seed", "%d", plan.guest().seed());
  }

  private void guest(GuestConfig guest) {
    Nesting nesting = guest.nesting();
    if (nesting != null) {
      line(
          "nested",
          "L1 runs it on %s%s%s",
          nesting.format() == Nesting.Format.EPT ? "EPT" : "NPT",
          nesting.hasAccessedDirty() ? "" : ", A/D bits off",
          nesting.usesExecuteOnly() ? ", execute-only pages" : "");
    }
    if (guest.threads() > 1 || !guest.features().isEmpty()) {
      line(
          "guest does",
          "%s; %s a process",
          guest.features().isEmpty()
              ? "nothing but play"
              : guest.features().stream()
                  .map(GuestOptions::label)
                  .collect(Collectors.joining(", ")),
          count(guest.threads(), "thread", "threads"));
    }
  }

  private String mmu(MmuConfig mmu) {
    return MmuText.of(mmu) + ", dirty log " + dirtyLog(mmu);
  }

  private String dirtyLog(MmuConfig mmu) {
    DirtyLogChoice choice = result.plan().dirtyLog();
    return choice == DirtyLogChoice.PML && !mmu.logsByDirtyBit()
        ? choice.label() + " (by write protection, as there are no D bits)"
        : choice.label();
  }

  // --- what was counted ---

  private void counts() {
    line(
        "accesses",
        "%,d in %.3f s: %.2f M/s",
        result.accesses(),
        result.seconds(),
        result.accessesPerSecond() / 1e6);
    if (result.accessesPerVcpu().size() > 1) {
      line(
          "per vCPU",
          "%s",
          result.accessesPerVcpu().stream()
              .map("%,d"::formatted)
              .collect(Collectors.joining("  ")));
    }
    if (result.hasFinishedThere()) {
      line("", "what follows was counted here, before the guest left");
    }
    RunResult.Tlb tlb = result.tlb();
    line(
        "TLB",
        "hits %,d (accesses less misses)  misses %,d  walk_loads %,d",
        tlb.hits(),
        tlb.misses(),
        tlb.walkLoads());
    GuestConfig guest = result.plan().guest();
    if (!guest.features().isEmpty() || guest.threads() > 1 || guest.nesting() != null) {
      line(
          "guest",
          "%s",
          Stream.of(GuestStat.values())
              .filter(s -> guest.nesting() != null || !s.isOfHypervisor())
              .map(s -> "%s %,d".formatted(s.label(), result.guest().getOrDefault(s, 0L)))
              .collect(Collectors.joining("  ")));
    }
    group(StatGroups.FAULTS);
    group(StatGroups.FLUSHES);
    group(StatGroups.EXITS);
    group(StatGroups.PAGES);
    if (MmuText.hasShadowPages(result.plan().vm().mmu()) || guest.nesting() != null) {
      group(StatGroups.SHADOW);
    }
    group(StatGroups.WRITES);
    long tables = result.stat(Stat.MMU_PAGE_TABLES);
    line(
        "page tables",
        "mmu_page_tables %,d (%,d KiB); with bookkeeping %,d KiB",
        tables,
        tables * PhysicalMemory.FRAME_SIZE >> 10,
        result.overheadBytes() >> 10);
  }

  private void group(StatGroups group) {
    line(group.label(), "%s", group.text(result::stat));
  }

  // --- what the host did ---

  private void host() {
    if (result.plan().dirtyLog().isOn()) {
      line(
          "dirty log",
          "%s%s",
          StatGroups.DIRTY.text(result::stat),
          result.log().reports() == 0
              ? ""
              : "; %,d pages in %,d reports"
                  .formatted(result.log().pages(), result.log().reports()));
    }
    MigrationResult migration = result.migration();
    if (migration != null) {
      migration(migration);
    }
    if (result.migrationFailure() != null) {
      line("migration", "failed, the guest stayed: %s", result.migrationFailure());
    }
    Integer percent = result.plan().reclaimPercent();
    if (percent != null) {
      RunResult.Reclaim reclaim = result.reclaim();
      line(
          "reclaim",
          "to %d %%: evicted %,d (written out %,d, dropped clean %,d)  refaulted %,d",
          percent,
          reclaim.evicted(),
          reclaim.writtenOut(),
          reclaim.droppedClean(),
          reclaim.refaulted());
      line("", "resident %,d of %,d touched", reclaim.resident(), reclaim.touched());
    }
  }

  private void migration(MigrationResult migration) {
    line(
        "migration",
        "%s; %s, then %.1f ms for the last %,d pages",
        count(migration.rounds().size(), "round", "rounds"),
        switch (migration.stopReason()) {
          case CONVERGED -> "converged";
          case NO_PROGRESS -> "stopped, as the guest writes as fast as is sent";
          case ROUND_LIMIT -> "stopped after the most rounds that may be";
          case GUEST_NEARLY_DONE -> "stopped, as the guest was nearly done";
        },
        migration.downtimeSeconds() * 1e3,
        migration.stoppedPages());
    for (Round round : migration.rounds()) {
      line(
          "",
          round.isFinal()
              ? "round %d: %,d pages in %.3f s while the guest stood still"
              : "round %d: %,d pages in %.3f s; %,d dirty after it, %,.0f a second",
          round.number() + 1,
          round.pages(),
          round.seconds(),
          round.dirtyPages(),
          round.dirtyRate());
    }
    line(
        "",
        "%,d pages sent, %,d of them more than once; %,d bytes; %,d accesses meanwhile",
        migration.pagesSent(),
        migration.pagesRedirtied(),
        migration.bytesSent(),
        migration.accessesDuring());
    if (result.plan().migratesTo() != null) {
      line(
          "",
          result.hasFinishedThere()
              ? "the guest finished at %s"
              : "the guest went on here, not at %s",
          result.plan().migratesTo());
    }
  }

  // --- what was checked ---

  private void verified() {
    MigrationResult migration = result.migration();
    String loads =
        result.verified() == null
            ? "no load (--verify checks all)"
            : "%,d loads, %,d mismatches"
                .formatted(result.verified().loadsChecked(), result.verified().mismatches());
    String pages =
        migration == null
            ? ""
            : "every page after migration, %,d differ".formatted(migration.differingPages());
    String audit =
        result.violations().isEmpty()
            ? "the page tables, all well"
            : "the page tables, " + count(result.violations().size(), "violation", "violations");
    line(
        "verified",
        "%s",
        Stream.of(loads, pages, audit)
            .filter(text -> !text.isEmpty())
            .collect(Collectors.joining("; ")));
  }

  private static String count(long number, String one, String many) {
    return "%,d %s".formatted(number, number == 1 ? one : many);
  }
}
