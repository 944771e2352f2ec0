package dev.gnomon.cli.stress;

import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.cli.usage.RuleTexts;
import dev.gnomon.cli.usage.UserRules;
import dev.gnomon.machine.InputException;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;
import java.io.PrintWriter;
import java.security.SecureRandom;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.Callable;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Option;
import picocli.CommandLine.Spec;

/** {@code gnomon stress}: tries to lose a page. */
@Command(
    name = "stress",
    mixinStandardHelpOptions = true,
    sortOptions = false,
    description = {
      "Tries to lose a page.",
      "A few vCPUs hammer a few pages while the host reclaims, ages, logs and recycles them, and"
          + " every word is checked. Each --rule brings in the scenarios that are about it. The"
          + " same command with the rule at its default must lose nothing."
    },
    footer = {
      "",
      "Examples:",
      "  gnomon stress                             every scenario, every rule at its default",
      "  gnomon stress --rule tdp-write=plain      what one plain store costs",
      "  gnomon stress --rule dirty-flush=never --seeds 1 --seed 7",
      "",
      "Exit status: 0 nothing was lost, 1 a page was lost, 2 wrong usage."
    })
public final class StressCommand implements Callable<Integer> {
  @Option(
      names = "--rule",
      paramLabel = "NAME=VALUE",
      description = "A disputed decision, as in 'gnomon run'. May be repeated.")
  private List<String> ruleTexts = new ArrayList<>();

  @Option(
      names = "--classpath",
      paramLabel = "PATHS",
      description = "Jars and directories with rules of your own: --rule NAME=CLASS.")
  private @Nullable String classpath;

  @Option(
      names = "--scenario",
      paramLabel = "NAME",
      description = "A scenario, instead of those that the rules name; '?' lists them.")
  private List<String> scenarioNames = new ArrayList<>();

  @Option(
      names = "--seeds",
      paramLabel = "N",
      defaultValue = "20",
      description = "How many seeds to try (default ${DEFAULT-VALUE}).")
  private int seeds;

  @Option(
      names = "--seconds",
      paramLabel = "S",
      defaultValue = "50",
      description = "How long in all (default ${DEFAULT-VALUE}).")
  private double seconds;

  @Option(
      names = "--seed",
      paramLabel = "N",
      description = "The first seed; the others follow it. Random if not given, and printed.")
  private Long firstSeed;

  @Option(
      names = "--backend",
      paramLabel = "lockstep|threads",
      defaultValue = "lockstep",
      description = {
        "lockstep: one thread at a time, by a schedule that the seed decides and repeats"
            + " (default).",
        "threads: real threads; what is found depends on the machine and its load."
      })
  private Backend backend;

  @Option(names = "--until-lost", description = "Stop at the first seed that loses a page.")
  private boolean stopsAtFirst;

  @Spec private CommandSpec spec;

  @Override
  public Integer call() {
    PrintWriter out = spec.commandLine().getOut();
    if (scenarioNames.contains("?")) {
      listScenarios(out);
      return ExitStatus.OK;
    }
    if (ruleTexts.stream().anyMatch(RuleTexts::isQuestion)) {
      RuleTexts.answer(ruleTexts, out);
      return ExitStatus.OK;
    }
    if (seeds < 1 || !(seconds > 0)) {
      throw new InputException("--seeds and --seconds must be positive");
    }
    List<Scenario> scenarios = chosen();
    UserRules users = UserRules.on(classpath);
    long seed = firstSeed == null ? new SecureRandom().nextInt(1_000_000) : firstSeed;
    double each = seconds / ((double) seeds * scenarios.size());
    int lost = 0;
    for (Scenario scenario : scenarios) {
      lost += stress(out, scenario, users, seed, each);
    }
    return lost == 0 ? ExitStatus.OK : ExitStatus.VIOLATED;
  }

  private int stress(PrintWriter out, Scenario scenario, UserRules users, long first, double each) {
    Rules rules = RuleTexts.apply(scenario.rules(), ruleTexts, users);
    out.printf("%s: %s%n", scenario.label(), scenario.description());
    out.printf("  rules %s%n", rules.describe().isEmpty() ? "all default" : rules.describe());
    int lost = 0;
    long operations = 0;
    for (long seed = first; seed < first + seeds; seed++) {
      StressRun.Outcome outcome = StressRun.run(scenario, rules, backend, seed, each);
      operations += outcome.operations();
      Loss loss = outcome.loss();
      if (loss != null) {
        lost++;
        out.printf(
            Locale.ROOT,
            "  seed %d: LOST after %.2f s, %,d accesses: %s%n",
            seed,
            outcome.seconds(),
            outcome.operations(),
            loss.describe());
        out.flush();
        if (stopsAtFirst) {
          break;
        }
      }
    }
    out.printf(
        Locale.ROOT,
        "  %d of %d seeds from %d lost a page; %,d accesses%n",
        lost,
        seeds,
        first,
        operations);
    out.flush();
    return lost;
  }

  private List<Scenario> chosen() {
    Set<Scenario> scenarios = new LinkedHashSet<>();
    for (String name : scenarioNames) {
      scenarios.add(
          List.of(Scenario.values()).stream()
              .filter(each -> each.label().equals(name))
              .findFirst()
              .orElseThrow(
                  () ->
                      new InputException("no scenario '" + name + "'; --scenario '?' lists them")));
    }
    if (scenarios.isEmpty()) {
      for (String text : ruleTexts) {
        scenarios.addAll(Scenario.about(RuleTexts.rule(text)));
      }
    }
    if (scenarios.isEmpty() && !ruleTexts.isEmpty()) {
      throw new InputException("no scenario is about " + String.join(", ", ruleTexts));
    }
    return scenarios.isEmpty() ? List.of(Scenario.values()) : List.copyOf(scenarios);
  }

  private static void listScenarios(PrintWriter out) {
    for (Scenario scenario : Scenario.values()) {
      out.printf(
          "%-14s %s (%s)%n",
          scenario.label(),
          scenario.description(),
          String.join(", ", scenario.subjects().stream().map(RuleSwitch::name).toList()));
    }
    out.flush();
  }
}
