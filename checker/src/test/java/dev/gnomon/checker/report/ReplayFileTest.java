package dev.gnomon.checker.report;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatExceptionOfType;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.checker.schedule.Schedule;
import dev.gnomon.machine.InputException;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ReplayFileTest {
  private static final String TEXT = "scenario text\n";

  private static ReplayFile file() {
    Map<String, String> rules = new LinkedHashMap<>();
    rules.put("tdp-write", "plain");
    rules.put("pfn-dirty", "on-clear");
    return new ReplayFile(
        "fast-fault \"vs\" zap",
        ReplayFile.hash(TEXT),
        rules,
        MemoryModel.TSO,
        Map.of("speculation", "on"),
        Property.NO_WRITE_LOST,
        List.of(
            new Turn.Steps(1, 12),
            new Turn.Choice(1),
            new Turn.Commits(0, 2),
            new Turn.Steps(0, 3)));
  }

  private static void assertRefused(String text, String message) {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> ReplayFile.parse("x.json", text))
        .withMessage(message);
  }

  /** The example's text with a part of it replaced. */
  private static String with(String part, String other) {
    String text = file().print();
    assertThat(text).contains(part);
    return text.replace(part, other);
  }

  @Test
  void isReadAsItWasWritten() {
    assertThat(ReplayFile.parse("x.json", file().print())).isEqualTo(file());
  }

  @Test
  void keepsTheOrderOfRules() {
    assertThat(ReplayFile.parse("x.json", file().print()).rules().keySet())
        .containsExactly("tdp-write", "pfn-dirty");
  }

  @Test
  void isAsAPersonWouldWriteIt() {
    assertThat(file().print())
        .startsWith("{\n  \"gnomon-counterexample\": 1,\n  \"scenario\": \"fast-fault \\\"vs")
        .contains("\n    {\"cpu\": 1, \"steps\": 12},\n    {\"choice\": 1},\n")
        .contains("\n    {\"cpu\": 0, \"commits\": 2},\n")
        .endsWith("]\n}\n");
  }

  @Test
  void turnsAScheduleIntoTurnsAndBack() {
    Schedule schedule = Schedule.of(0, 0, 1, 1, 1, 4, 4, 3, 0);
    List<Turn> turns = Turn.of(schedule, 3);

    assertThat(turns)
        .containsExactly(
            new Turn.Steps(0, 2),
            new Turn.Steps(1, 3),
            new Turn.Commits(1, 2),
            new Turn.Commits(0, 1),
            new Turn.Steps(0, 1));
    assertThat(Turn.schedule(turns, 3)).isEqualTo(schedule);
  }

  @Test
  void turnsAChoiceIntoItsOutcome() {
    assertThat(Turn.schedule(List.of(new Turn.Steps(0, 1), new Turn.Choice(2)), 2))
        .isEqualTo(Schedule.of(0, 2));
  }

  @Test
  void mayHaveNoSchedule() {
    assertThat(ReplayFile.parse("x.json", file().print().replaceFirst("(?s)\\[.*\\]", "[]")))
        .extracting(ReplayFile::schedule)
        .isEqualTo(List.of());
  }

  @Test
  void isRefusedIfItIsOfAnotherVersion() {
    assertRefused(
        with("counterexample\": 1", "counterexample\": 2"),
        "x.json:2:28: version 2 of the format; this program reads 1");
  }

  @Test
  void isRefusedIfItIsNotJson() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> ReplayFile.parse("x.json", "vcpu 0\n"))
        .withMessageStartingWith("x.json:1:")
        .withMessageContaining("not JSON: ")
        .satisfies(e -> assertThat(e.getMessage().lines()).hasSize(1));
  }

  @Test
  void isRefusedIfItIsOtherJson() {
    assertRefused("[]", "x.json:1:1: expected {, found '['");
    assertRefused(
        "{\"a\": 1}",
        "x.json:1:2: expected \"gnomon-counterexample\" as the first member, found 'a'");
    assertRefused("", "x.json:1:1: expected {, found the end of the file");
  }

  @Test
  void isRefusedIfSomethingIsMissing() {
    assertRefused(
        with("\"violated\": \"no-write-lost\",", ""),
        "x.json:15:1: expected the member \"violated\", found '}'");
  }

  @Test
  void isRefusedIfItHasAMemberThatMeansNothing() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> ReplayFile.parse("x.json", with("\"options\"", "\"option\"")))
        .withMessageStartingWith("x.json:7:3: expected a member of [scenario, ")
        .withMessageEndingWith("], found 'option'");
  }

  @Test
  void isRefusedIfAMemberComesTwice() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(
            () -> ReplayFile.parse("x.json", with("\"options\"", "\"rules\": {}, \"options\"")))
        .withMessageContaining("not JSON: Duplicate");
  }

  @Test
  void isRefusedIfAValueMeansNothing() {
    assertRefused(
        with("\"tso\"", "\"arm\""), "x.json:6:19: expected one of [sc, tso], found 'arm'");
    assertRefused(
        with("\"steps\": 12", "\"steps\": 0"),
        "x.json:10:25: expected how many, at least 1, found '0'");
    assertRefused(
        with("\"steps\": 12", "\"steps\": 99999999999"),
        "x.json:10:25: expected how many, at least 1, found '99999999999'");
    assertRefused(
        with("\"cpu\": 1, ", ""), "x.json:10:6: expected \"cpu\" or \"choice\", found 'steps'");
    assertRefused(
        with("\"steps\": 12", "\"waits\": 12"),
        "x.json:10:16: expected \"steps\" or \"commits\", found 'waits'");
  }

  @Test
  void isRefusedIfItsScheduleIsLongerThanAnyExecution() {
    assertRefused(
        with("\"steps\": 12", "\"steps\": 2000000000"),
        "x.json:10:35: expected no more than 10000000 moves, found '}'");
  }

  @Test
  void isRefusedIfSomethingFollows() {
    assertRefused(file().print() + "x", "x.json:16:1: not JSON: Unrecognized token 'x'");
  }

  @Test
  void findsTheTextOfItsScenario() {
    assertThat(file().text("x.json", name -> name.equals(file().scenario()) ? TEXT : null))
        .isEqualTo(TEXT);
  }

  @Test
  void isRefusedIfNobodyKnowsItsScenario() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> file().text("x.json", name -> null))
        .withMessage("x.json: there is no scenario 'fast-fault \"vs\" zap'");
  }

  @Test
  void isRefusedIfItsScenarioHasChanged() {
    assertThatExceptionOfType(InputException.class)
        .isThrownBy(() -> file().text("x.json", name -> TEXT + "x"))
        .withMessage(
            "x.json: scenario 'fast-fault \"vs\" zap' has changed since this was found in it;"
                + " check it again");
  }
}
