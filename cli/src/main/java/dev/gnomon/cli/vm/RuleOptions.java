package dev.gnomon.cli.vm;

import dev.gnomon.cli.usage.KernelTexts;
import dev.gnomon.cli.usage.RuleTexts;
import dev.gnomon.cli.usage.UserRules;
import dev.gnomon.mmu.KernelPreset;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.MmuConfig;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How disputed questions are decided. */
public final class RuleOptions {
  @Option(
      names = "--as",
      paramLabel = "KERNEL",
      description =
          "Decide every disputed question as a kernel did: linux-5.17, linux-5.18, linux-6.1,"
              + " linux-6.12 or linux-6.13 (linux-6.15 is to come)."
              + " A --rule prevails over it.")
  @Nullable String kernel;

  /** The rules as they were given. */
  @Option(
      names = "--rule",
      paramLabel = "NAME=VALUE",
      description =
          "Decide a disputed question another way; may be repeated. '?' lists the questions,"
              + " 'NAME=?' the answers with their history.")
  public List<String> texts = new ArrayList<>();

  @Option(
      names = "--classpath",
      paramLabel = "PATHS",
      description =
          "Jars and directories with answers of your own: --rule NAME=CLASS, see docs/rules.md.")
  @Nullable String classpath;

  /** All at their defaults. */
  public RuleOptions() {}

  /** Whether one of them is a question, for {@link RuleTexts#answer}. */
  public boolean isQuestion() {
    return texts.stream().anyMatch(RuleTexts::isQuestion);
  }

  /**
   * The rules.
   *
   * @throws dev.gnomon.machine.InputException if there is no such rule, value or kernel
   */
  public Rules rules() {
    UserRules users = UserRules.on(classpath);
    KernelPreset preset = preset();
    return preset == null
        ? RuleTexts.parse(texts, users)
        : RuleTexts.apply(KernelTexts.rules(preset), texts, users);
  }

  /**
   * The MMU without what the kernel that was asked for did not have.
   *
   * @throws dev.gnomon.machine.InputException if there is no such kernel
   */
  public MmuConfig of(MmuConfig config) {
    KernelPreset preset = preset();
    return preset == null ? config : preset.withoutLaterDefaults(config);
  }

  private @Nullable KernelPreset preset() {
    String given = kernel;
    return given == null ? null : KernelTexts.parse(given);
  }
}
