package dev.gnomon.checker.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;

final class HtmlReportTest {
  private static final String PAGE = new HtmlReport().print(FastFaultAgainstZap.recording());

  private static JsonNode data(String page) throws IOException {
    Matcher data =
        Pattern.compile("<script type=\"application/json\" id=\"data\">(.*)</script>")
            .matcher(page);
    assertThat(data.find()).isTrue();
    return new ObjectMapper().readTree(data.group(1));
  }

  @Test
  void needsNothingFromAnywhereElse() {
    assertThat(PAGE).doesNotContainPattern("https?:|//[a-z]|@import|url\\(|<link|src=|<iframe");
  }

  @Test
  void fillsEveryPlaceOfItsTemplate() {
    assertThat(PAGE).doesNotContain("@TITLE@", "@DATA@");
    assertThat(PAGE).contains("<title>fast-fault-vs-zap: no-write-lost violated</title>");
  }

  @Test
  void holdsEveryStepAndTheStateAfterIt() throws IOException {
    JsonNode data = data(PAGE);

    assertThat(data.get("steps")).hasSize(FastFaultAgainstZap.recording().moments().size());
    for (JsonNode step : data.get("steps")) {
      JsonNode state = data.get("states").get(step.get("state").asInt());
      assertThat(state).isNotEmpty();
      for (JsonNode section : state) {
        assertThat(data.get("sections").get(section.asInt()).get("title").asText()).isNotEmpty();
      }
    }
  }

  @Test
  void holdsAPartOfTheMachineThatDoesNotChangeOnce() throws IOException {
    JsonNode data = data(PAGE);
    long tables = 0;
    for (JsonNode section : data.get("sections")) {
      tables += section.get("title").asText().equals("Page table") ? 1 : 0;
    }

    // Read-only, writable, zapped.
    assertThat(tables).isEqualTo(3);
  }

  @Test
  void isNotEndedByWhatAScenarioSays() throws IOException {
    String evil = "</script><script>alert(1)</script><!--";
    Recording recording =
        new Recording(
            new Recording.Scenario(evil, evil, Map.of(evil, evil)),
            FastFaultAgainstZap.recording().search(),
            new Violation(Property.STRUCTURE, evil),
            List.of(new Lane(0, evil)),
            MachineState.UNKNOWN,
            List.of());
    String page = new HtmlReport().print(recording);

    assertThat(page).doesNotContain("<script>alert");
    assertThat(data(page).get("message").asText()).isEqualTo(evil);
  }

  @Test
  void isDarkWhereTheReaderWantsThat() {
    assertThat(PAGE).contains("color-scheme: light dark", "prefers-color-scheme: dark");
  }
}
