package dev.gnomon.cli.rules;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.usage.ExitStatus;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;
import java.io.IOException;
import org.junit.jupiter.api.Test;

class RulesCommandTest {
  private final Gnomon gnomon = new Gnomon();

  @Test
  void everyRuleIsListedWithItsValues() {
    assertThat(gnomon.run("rules")).isEqualTo(ExitStatus.OK);
    for (RuleSwitch<?> rule : Rules.SWITCHES) {
      assertThat(gnomon.out()).contains(rule.name() + "  " + rule.subject());
      rule.values()
          .forEach(value -> assertThat(gnomon.out()).contains("  " + RuleSwitch.label(value)));
    }
    assertThat(gnomon.out().lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void aValueHasItsVerdictAndWhatRefutesIt() {
    assertThat(gnomon.run("rules", "dirty-flush")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().replaceAll("\\s+", " "))
        .contains("if-reaped * safe since 2014")
        .contains("if-spte-changed violated proposed")
        .contains("violated by stale-after-report-aged (no-write-lost)")
        .doesNotContain("zap-order");
  }

  @Test
  void verificationExploresTheWholeProductOfARule() throws IOException {
    assertThat(gnomon.run("rules", "zap-order", "--verify", "--json", "-"))
        .isEqualTo(ExitStatus.OK);
    JsonNode report = new ObjectMapper().readTree(gnomon.out());
    JsonNode values = report.get("values");
    assertThat(values).hasSize(2);
    assertThat(values.get(0).get("verdict").asText()).isEqualTo("violated");
    assertThat(values.get(0).get("refuted_by")).isNotEmpty();
    assertThat(values.get(1).get("verdict").asText()).isEqualTo("safe");
    int scenarios = values.get(1).get("scenarios").size();
    assertThat(report.get("cases").size()).isGreaterThanOrEqualTo(2 * scenarios);
    assertThat(gnomon.err())
        .anyMatch(line -> line.endsWith("2 of 2 verdicts as the corpus expects"));
  }

  @Test
  void aValueThatOnlyAStoreBufferRefutesIsVerifiedUnderTsoToo() {
    assertThat(gnomon.run("rules", "lockless-walk", "--verify")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().replaceAll("\\s+", " "))
        .contains("no-barrier violated by shadow-lockless-walk (no-use-after-free under tso)")
        .contains("protected * safe 3 of 3 scenarios explored completely");
  }

  @Test
  void anUnknownRuleIsNamedWithTheNearestKnown() {
    assertThat(gnomon.run("rules", "volatil")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err())
        .singleElement()
        .asString()
        .contains("unknown rule 'volatil'; the nearest known is 'volatile'");
  }
}
