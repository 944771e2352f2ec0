package dev.gnomon.cli.check;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gnomon.checker.litmus.Corpus;
import dev.gnomon.cli.Gnomon;
import dev.gnomon.cli.usage.ExitStatus;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class CheckCommandTest {
  private static final String SCENARIO = "stale-after-report";
  private static final String REFUTED = "dirty-flush=never";

  @TempDir private Path directory;

  private final Gnomon gnomon = new Gnomon();

  private String file(String name) {
    return directory.resolve(name).toString();
  }

  private String scenarioWith(String text, String replacement) throws IOException {
    String source = Corpus.source(SCENARIO);
    assertThat(source).containsPattern(text);
    return Files.writeString(
            directory.resolve("mine.litmus"), source.replaceFirst(text, replacement))
        .toString();
  }

  private JsonNode json(String name) throws IOException {
    return new ObjectMapper().readTree(directory.resolve(name).toFile());
  }

  @Test
  void theCorpusIsListedWithATitleEach() {
    assertThat(gnomon.run("check", "--list")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().lines()).hasSameSizeAs(Corpus.names());
    assertThat(gnomon.out())
        .contains(SCENARIO + "  ", Corpus.load(SCENARIO).title(), Corpus.names().getLast());
  }

  @Test
  void everyVerdictThatAScenarioNamesIsExplored() {
    assertThat(gnomon.run("check", SCENARIO)).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().lines().map(String::strip))
        .anyMatch(line -> line.matches("as the file says +safe +expected +\\d+ +[0-9.]+ s"))
        .anyMatch(line -> line.matches(REFUTED + " +violated \\(no-write-lost\\) +expected .*"))
        .anyMatch(line -> line.matches("dirty-flush=if-reaped +safe +expected +\\d+ +as above"))
        .anyMatch(line -> line.matches("5 verdicts in .*: 5 as expected"));
    assertThat(gnomon.out()).doesNotContain("VIOLATED");
  }

  @Test
  void linesAreAtMostAHundredColumnsWide() {
    assertThat(gnomon.run("check", SCENARIO, "--table")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out().lines()).allMatch(line -> line.length() <= 100);
  }

  @Test
  void entriesThatShadowTheGuestsTablesAreNamedByTheAddressThatTheyMap() {
    String question = "unsync-order=writable-first";
    assertThat(gnomon.run("check", "shadow-unsync-cr3", "--rule", question, "--races", "off"))
        .isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.out())
        .contains("store spte gva 0x4000 level", "MMU reads gpa 0x4020")
        .doesNotContain("store memory 0x");
  }

  @Test
  void anUnexpectedVerdictIsShownWithItsCounterexampleAndEndsWithStatusOne() throws IOException {
    String mine = scenarioWith("dirty-flush=never +violated no-write-lost", REFUTED + " safe");
    assertThat(gnomon.run("check", mine)).isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.out())
        .contains("NOT EXPECTED: safe", "VIOLATED no-write-lost", "1 NOT EXPECTED");
  }

  @Test
  void aViolationOfAnotherPropertyIsUnexpected() throws IOException {
    String mine = scenarioWith("violated no-write-lost", "violated write-tracking");
    assertThat(gnomon.run("check", mine)).isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.out()).contains("NOT EXPECTED: violated");
  }

  @Test
  void aQuestionThatIsViolatedIsAnsweredWithACounterexample() {
    assertThat(gnomon.run("check", SCENARIO, "--rule", REFUTED)).isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.out())
        .contains("found among the interleavings of 2 threads under sc")
        .contains("vcpu0", "host 0", "VIOLATED no-write-lost")
        .doesNotContain("NOT EXPECTED");
  }

  @Test
  void aQuestionThatIsSafeIsAnsweredWithWhatWasCovered() {
    assertThat(gnomon.run("check", SCENARIO, "--rule", "dirty-flush=under-lock"))
        .isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out()).contains("complete: every interleaving of 2 threads under sc");
  }

  @Test
  void aQuestionWithoutAScenarioIsPutToAllThatAreAboutTheRule() {
    assertThat(gnomon.run("check", "--rule", "dirty-flush=under-lock")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out()).contains(SCENARIO, "log-ring").doesNotContain("two-faults");
  }

  @Test
  void aBoundMakesSafeIntoNoViolationWithinIt() {
    assertThat(
            gnomon.run("check", SCENARIO, "--rule", "dirty-flush=if-reaped", "--executions", "3"))
        .isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out())
        .contains("no violation within 3 executions", "NOT complete")
        .doesNotContain(" safe ");
  }

  @Test
  void aBoundNeitherConfirmsNorRefutesSafe() {
    assertThat(gnomon.run("check", "two-tables", "--executions", "1")).isEqualTo(ExitStatus.OK);
    assertThat(gnomon.out()).contains("no violation within 1 execution", "NOT complete");
  }

  @Test
  void aBoundThatMissesAnExpectedViolationIsUnexpected() throws IOException {
    String mine =
        scenarioWith("dirty-flush=under-lock.*", "dirty-flush=under-lock violated no-write-lost");
    assertThat(gnomon.run("check", mine, "--executions", "1")).isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.out()).contains("NOT EXPECTED: violated");
  }

  @Test
  void chanceFindsAViolationAndPrintsItsSeed() {
    assertThat(gnomon.run("check", SCENARIO, "--rule", REFUTED, "--mode", "pct", "--seed", "7"))
        .isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.out()).contains("seed 7");
  }

  @Test
  void theMemoryModelCanBeChosen() {
    assertThat(gnomon.run("check", SCENARIO, "--rule", REFUTED, "--memory-model", "tso"))
        .isEqualTo(ExitStatus.VIOLATED);
    assertThat(gnomon.out()).contains("under tso", "memory model tso");
  }

  @Test
  void jsonHasAnObjectForEachScenarioAndValue() throws IOException {
    assertThat(gnomon.run("check", SCENARIO, "--json", file("out.json"))).isEqualTo(ExitStatus.OK);
    JsonNode cases = json("out.json").get("cases");
    assertThat(cases).hasSize(5);
    JsonNode refuted = cases.get(1);
    assertThat(refuted.get("scenario").asText()).isEqualTo(SCENARIO);
    assertThat(refuted.get("rule").asText()).isEqualTo("dirty-flush");
    assertThat(refuted.get("value").asText()).isEqualTo("never");
    assertThat(refuted.get("threads").asInt()).isEqualTo(2);
    assertThat(refuted.get("verdict").asText()).isEqualTo("violated");
    assertThat(refuted.get("expected").asText()).isEqualTo("violated");
    assertThat(refuted.get("complete").asBoolean()).isTrue();
    assertThat(refuted.get("executions").asLong()).isPositive();
    assertThat(refuted.get("steps").asLong()).isPositive();
    assertThat(refuted.get("seconds").asDouble()).isPositive();
    assertThat(refuted.get("memory_model").asText()).isEqualTo("sc");
    assertThat(refuted.get("property").asText()).isEqualTo("no-write-lost");
    assertThat(cases.get(0).get("verdict").asText()).isEqualTo("safe");
  }

  @Test
  void jsonOnStandardOutputStandsAlone() throws IOException {
    assertThat(gnomon.run("check", SCENARIO, "--json", "-")).isEqualTo(ExitStatus.OK);
    assertThat(new ObjectMapper().readTree(gnomon.out()).get("unexpected").asInt()).isZero();
    assertThat(gnomon.err()).anyMatch(line -> line.contains("5 as expected"));
  }

  @Test
  void aCounterexampleIsWrittenAsAPageAndAsATrace() throws IOException {
    gnomon.run(
        "check", SCENARIO, "--rule", REFUTED, "--html", file("x.html"), "--trace", file("x.trace"));
    assertThat(directory.resolve("x.html")).content().contains("<html", SCENARIO);
    assertThat(json("x.trace").get("traceEvents")).isNotEmpty();
  }

  @Test
  void nothingIsWrittenIfNothingIsViolated() {
    assertThat(
            gnomon.run(
                "check", SCENARIO, "--rule", "dirty-flush=if-reaped", "--save", file("x.json")))
        .isEqualTo(ExitStatus.OK);
    assertThat(directory.resolve("x.json")).doesNotExist();
    assertThat(gnomon.err())
        .containsExactly("gnomon: nothing is violated; no counterexample is written");
  }

  @Test
  void whatWasWrongIsSaidInOneLine() {
    List<List<String>> wrong =
        List.of(
            List.of("check", "stale-after-repor"),
            List.of("check", "--mode", "fast"),
            List.of("check", "--executions", "0"),
            List.of("check", "--seconds", "-1"),
            List.of("check", "--preemptions", "-1"),
            List.of("check", "--carriers", "0"),
            List.of("check", "--seed", "3"),
            List.of("check", "--races", "on"),
            List.of("check", "--rule", "dirty-flush"),
            List.of("check", "--rule", "dirty-flush=sometimes"),
            List.of("check", "--replay", "no-such-file.json"),
            List.of("check", SCENARIO, "--replay", "no-such-file.json"),
            List.of("check", "--json", "no-such-directory/x.json"),
            List.of("check", SCENARIO, "--html", "no-such-directory/x.html"));
    for (List<String> arguments : wrong) {
      Gnomon one = new Gnomon();
      assertThat(one.run(arguments.toArray(String[]::new)))
          .as("%s", arguments)
          .isEqualTo(ExitStatus.USAGE);
      assertThat(one.err())
          .as("%s", arguments)
          .hasSize(1)
          .first()
          .asString()
          .startsWith("gnomon: ");
    }
  }

  @Test
  void anUnknownScenarioIsNamedWithTheNearestKnown() {
    assertThat(gnomon.run("check", "stale-after-repor")).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err().getFirst()).contains("stale-after-repor'", "'" + SCENARIO + "'");
  }

  @Test
  void whatIsWrongInAFileIsSaidWithItsPlace() throws IOException {
    String mine = scenarioWith("dirty-flush=never", "dirty-flush=newer");
    assertThat(gnomon.run("check", mine)).isEqualTo(ExitStatus.USAGE);
    assertThat(gnomon.err()).hasSize(1);
    assertThat(gnomon.err().getFirst()).containsPattern("mine.litmus:\\d+:\\d+: expected .*newer");
  }
}
