package dev.gnomon.cli.vm;

import dev.gnomon.cli.usage.RuleTexts;
import dev.gnomon.cli.usage.UserRules;
import dev.gnomon.mmu.Rules;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Option;

/** How disputed questions are decided. */
public final class RuleOptions {
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
   * @throws dev.gnomon.machine.InputException if there is no such rule or value
   */
  public Rules rules() {
    return RuleTexts.parse(texts, UserRules.on(classpath));
  }
}
