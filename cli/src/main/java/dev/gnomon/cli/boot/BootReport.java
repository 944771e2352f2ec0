package dev.gnomon.cli.boot;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.cli.usage.ByteSize;
import dev.gnomon.cli.usage.JsonText;
import dev.gnomon.cli.vm.MmuText;
import dev.gnomon.cli.vm.StatGroups;
import dev.gnomon.machine.image.GuestImage;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import dev.gnomon.mmu.config.RuleSwitch;
import dev.gnomon.mmu.config.Stat;
import java.io.PrintWriter;
import java.util.Locale;
import java.util.stream.Collectors;

/** What is told about a boot: to a person, and as JSON. The keys of the JSON do not change. */
final class BootReport {
  private final BootResult result;
  private final MmuConfig mmu;

  BootReport(BootResult result) {
    this.result = result;
    mmu = result.plan().vm().mmu();
  }

  /** Prints the summary. */
  void print(PrintWriter out) {
    BootPlan plan = result.plan();
    GuestImage image = plan.image();
    line(
        out,
        "image",
        "%s: %s, starts at 0x%x".formatted(image.name(), image.format(), image.entry()));
    line(
        out,
        "machine",
        "%d vCPU%s, %s; %s; %s, dirty log %s"
            .formatted(
                mmu.vcpus(),
                mmu.vcpus() == 1 ? "" : "s",
                plan.isInTurn()
                    ? "in turn, %,d instructions each".formatted(plan.quantum())
                    : "on threads",
                ByteSize.text(plan.vm().memoryBytes()),
                MmuText.of(mmu),
                plan.dirtyLog().label()));
    String rules = plan.rules().describe();
    line(out, "rules", rules.isEmpty() ? "all at their defaults" : rules);
    line(
        out,
        "instructions",
        "%,d in %.3f s: %.2f MIPS"
            .formatted(result.allInstructions(), result.seconds(), result.mips()));
    if (mmu.vcpus() > 1) {
      line(
          out,
          "per vCPU",
          result.instructions().stream()
              .map(n -> String.format(Locale.ROOT, "%,d", n))
              .collect(Collectors.joining("  ")));
    }
    for (StatGroups group : StatGroups.values()) {
      if (group == StatGroups.SHADOW && !MmuText.hasShadowPages(mmu)) {
        continue;
      }
      line(out, group.label(), group.text(result::stat));
    }
    out.flush();
  }

  private static void line(PrintWriter out, String label, String text) {
    out.printf(Locale.ROOT, "%-13s %s%n", label, text);
  }

  /** The report as JSON, with a newline at the end. */
  String json() {
    BootPlan plan = result.plan();
    ObjectNode root = JsonText.object();
    root.put("image", plan.image().name());
    root.put("format", plan.image().format());
    root.put("entry", plan.image().entry());
    root.put("command_line", plan.commandLine());
    root.put("vcpus", mmu.vcpus());
    root.put("deterministic", plan.isInTurn());
    root.put("quantum", plan.quantum());
    root.set("mmu", mmu());
    root.set("rules", rules(plan.rules()));
    root.put("ending", result.ending().kind().name().toLowerCase(Locale.ROOT));
    root.put("ending_vcpu", result.ending().vcpu());
    root.put("ending_value", result.ending().value());
    root.put("interrupted", result.cause() == BootResult.Cause.INTERRUPTED);
    root.put("timed_out", result.cause() == BootResult.Cause.TIMEOUT);
    root.put("exit_status", result.status());
    root.put("instructions", result.allInstructions());
    JsonText.put(root, "instructions_per_vcpu", result.instructions());
    root.put("seconds", result.seconds());
    root.put("mips", result.mips());
    ObjectNode stats = root.putObject("stats");
    for (Stat stat : Stat.values()) {
      stats.put(stat.label(), result.stat(stat));
    }
    ArrayNode violations = root.putArray("violations");
    result.violations().forEach(violations::add);
    return JsonText.of(root);
  }

  private ObjectNode mmu() {
    ObjectNode node = JsonText.object();
    MmuText.put(node, mmu, result.plan().cpu());
    node.put("memory", result.plan().vm().memoryBytes());
    node.put("host_page_level", result.plan().vm().hostPageLevel());
    node.put("dirty_log", result.plan().dirtyLog().label());
    return node;
  }

  private static ObjectNode rules(Rules rules) {
    ObjectNode node = JsonText.object();
    for (RuleSwitch<?> rule : Rules.SWITCHES) {
      node.put(rule.name(), RuleSwitch.label(rules.get(rule)));
    }
    return node;
  }
}
