package dev.gnomon.cli.run;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.cli.usage.JsonText;
import dev.gnomon.cli.vm.MmuText;
import dev.gnomon.machine.guest.GuestStat;
import dev.gnomon.machine.guest.Nesting;
import dev.gnomon.machine.migration.HostPort;
import dev.gnomon.machine.migration.MigrationResult;
import dev.gnomon.machine.migration.Round;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.RuleSwitch;
import dev.gnomon.mmu.config.Stat;
import dev.gnomon.mmu.platform.PhysicalMemory;
import java.util.List;
import java.util.Locale;

/**
 * The report for programs. All keys are always there; what a run was not asked for counts zero.
 * They do not change: a new fact is a new key.
 */
final class JsonReport {
  private static final List<String> PAGE_SIZES = List.of("4k", "2m", "1g");

  private JsonReport() {}

  /** The report as text, with a newline at the end. */
  static String text(RunResult result) {
    return JsonText.of(tree(result));
  }

  private static ObjectNode tree(RunResult result) {
    RunPlan plan = result.plan();
    ObjectNode root = JsonText.object();
    ArrayNode traces = root.putArray("traces");
    result.traces().forEach(traces::add);
    root.put("repeat", plan.repeat());
    root.put("seed", plan.guest().seed());
    root.put("interrupted", result.wasInterrupted());
    root.put("accesses", result.accesses());
    JsonText.put(root, "accesses_per_vcpu", result.accessesPerVcpu());
    root.put("seconds", result.seconds());
    root.put("accesses_per_second", result.accessesPerSecond());
    root.put("vcpus", plan.vm().mmu().vcpus());
    root.put("processes", result.processes());
    root.set("mmu", mmu(plan));
    root.set("rules", rules(plan.rules()));
    root.set("stats", stats(result));
    root.set("guest", guest(result));
    root.set("tlb", tlb(result));
    root.set("page_tables", pageTables(result));
    root.set("dirty_log", dirtyLog(result));
    root.set("migration", migration(result));
    root.set("reclaim", reclaim(result));
    root.set("verify", JsonText.verify(result.verified()));
    ArrayNode violations = root.putArray("violations");
    result.violations().forEach(violations::add);
    return root;
  }

  private static ObjectNode mmu(RunPlan plan) {
    MmuConfig mmu = plan.vm().mmu();
    ObjectNode node = JsonText.object();
    MmuText.put(node, mmu, plan.cpu());
    node.put("memory", plan.vm().memoryBytes());
    node.put("host_pages", PAGE_SIZES.get(plan.vm().hostPageLevel() - 1));
    node.put("guest_pages", plan.guest().usesLargePages() ? "2m" : "4k");
    node.put("guest_paging", GuestOptions.label(plan.guestLevels()));
    node.put("dirty_log", plan.dirtyLog().label());
    return node;
  }

  private static ObjectNode rules(Rules rules) {
    ObjectNode node = JsonText.object();
    for (RuleSwitch<?> rule : Rules.SWITCHES) {
      node.put(rule.name(), RuleSwitch.label(rules.get(rule)));
    }
    return node;
  }

  private static ObjectNode stats(RunResult result) {
    ObjectNode node = JsonText.object();
    for (Stat stat : Stat.values()) {
      node.put(stat.label(), result.stat(stat));
    }
    return node;
  }

  private static ObjectNode guest(RunResult result) {
    ObjectNode node = JsonText.object();
    node.put("paging", GuestOptions.label(result.plan().guestLevels()));
    node.put("threads", result.plan().guest().threads());
    Nesting nesting = result.plan().guest().nesting();
    node.put("nested", nesting == null ? null : nesting.format().name().toLowerCase(Locale.ROOT));
    node.put("nested_ad", nesting != null && nesting.hasAccessedDirty());
    node.put("nested_execute_only", nesting != null && nesting.usesExecuteOnly());
    ArrayNode does = node.putArray("does");
    result.plan().guest().features().forEach(each -> does.add(GuestOptions.label(each)));
    ObjectNode stats = node.putObject("stats");
    for (GuestStat stat : GuestStat.values()) {
      stats.put(stat.label(), result.guest().getOrDefault(stat, 0L));
    }
    return node;
  }

  private static ObjectNode tlb(RunResult result) {
    ObjectNode node = JsonText.object();
    node.put("hits", result.tlb().hits());
    node.put("misses", result.tlb().misses());
    node.put("walk_loads", result.tlb().walkLoads());
    return node;
  }

  private static ObjectNode pageTables(RunResult result) {
    long tables = result.stat(Stat.MMU_PAGE_TABLES);
    ObjectNode node = JsonText.object();
    node.put("pages", tables);
    node.put("bytes", tables * PhysicalMemory.FRAME_SIZE);
    node.put("overhead_bytes", result.overheadBytes());
    return node;
  }

  private static ObjectNode dirtyLog(RunResult result) {
    ObjectNode node = JsonText.object();
    node.put("reports", result.log().reports());
    node.put("pages", result.log().pages());
    return node;
  }

  private static ObjectNode migration(RunResult result) {
    MigrationResult migration = result.migration();
    HostPort to = result.plan().migratesTo();
    boolean isDone = migration != null;
    ObjectNode node = JsonText.object();
    node.put("rounds", isDone ? migration.rounds().size() : 0);
    node.put("pages_sent", isDone ? migration.pagesSent() : 0);
    node.put("pages_redirtied", isDone ? migration.pagesRedirtied() : 0);
    node.put("bytes_sent", isDone ? migration.bytesSent() : 0);
    node.put("accesses_during", isDone ? migration.accessesDuring() : 0);
    node.put("stopped_pages", isDone ? migration.stoppedPages() : 0);
    node.put("differing_pages", isDone ? migration.differingPages() : 0);
    node.put("first_differing_gpa", isDone ? migration.firstDifferingGpa() : -1);
    node.put("downtime_seconds", isDone ? migration.downtimeSeconds() : 0);
    node.put("converged", isDone && migration.hasConverged());
    node.put("stop_reason", isDone ? migration.stopReason().name().toLowerCase(Locale.ROOT) : null);
    node.put("destination", to == null ? null : to.toString());
    node.put("finished_there", result.hasFinishedThere());
    node.put("failure", result.migrationFailure());
    ArrayNode rounds = node.putArray("each_round");
    if (isDone) {
      migration.rounds().forEach(round -> rounds.add(round(round)));
    }
    return node;
  }

  private static ObjectNode round(Round round) {
    ObjectNode node = JsonText.object();
    node.put("pages", round.pages());
    node.put("bytes", round.bytes());
    node.put("seconds", round.seconds());
    node.put("dirty_pages", round.dirtyPages());
    node.put("dirty_pages_per_second", round.dirtyRate());
    node.put("final", round.isFinal());
    return node;
  }

  private static ObjectNode reclaim(RunResult result) {
    RunResult.Reclaim reclaim = result.reclaim();
    Integer percent = result.plan().reclaimPercent();
    ObjectNode node = JsonText.object();
    node.put("percent", percent == null ? 100 : percent);
    node.put("evicted", reclaim.evicted());
    node.put("refaulted", reclaim.refaulted());
    node.put("written_out", reclaim.writtenOut());
    node.put("dropped_clean", reclaim.droppedClean());
    node.put("resident", reclaim.resident());
    node.put("touched", reclaim.touched());
    return node;
  }
}
