package dev.gnomon.checker.report;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.function.Predicate;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

final class ChromeTraceTest {
  private final Recording recording = FastFaultAgainstZap.recording();
  private JsonNode trace;

  @BeforeEach
  void parse() throws IOException {
    trace = new ObjectMapper().readTree(new ChromeTrace().print(recording));
  }

  private List<JsonNode> events(Predicate<JsonNode> wanted) {
    List<JsonNode> events = new ArrayList<>();
    trace.get("traceEvents").forEach(events::add);
    events.removeIf(wanted.negate());
    return events;
  }

  private static boolean is(JsonNode event, String category) {
    return event.path("cat").asText().equals(category);
  }

  @Test
  void hasInEachEventWhatTheFormatAsksFor() {
    for (JsonNode event : events(each -> true)) {
      assertThat(event.get("name").isTextual()).isTrue();
      assertThat(event.get("pid").isInt()).isTrue();
      assertThat(event.get("tid").isInt()).isTrue();
      String phase = event.get("ph").asText();
      assertThat(phase).isIn(Set.of("M", "X", "i"));
      if (phase.equals("X")) {
        assertThat(event.get("ts").asLong()).isNotNegative();
        assertThat(event.get("dur").asLong()).isPositive();
      }
    }
  }

  @Test
  void hasAThreadForEachCpu() {
    assertThat(events(each -> each.get("name").asText().equals("thread_name")))
        .extracting(each -> each.get("args").get("name").asText())
        .contains("vcpu 0", "host 0");
  }

  @Test
  void hasASliceForEachStepThatLiesInThatOfItsOperation() {
    List<JsonNode> operations = events(each -> is(each, "operation"));
    List<JsonNode> steps = events(each -> each.path("args").has("step"));

    assertThat(steps).hasSize(recording.moments().size());
    for (JsonNode step : steps) {
      long at = step.get("ts").asLong();
      assertThat(operations)
          .filteredOn(each -> each.get("tid").equals(step.get("tid")))
          .filteredOn(each -> each.get("ts").asLong() <= at)
          .filteredOn(each -> at < each.get("ts").asLong() + each.get("dur").asLong())
          .hasSize(1)
          .allMatch(
              each ->
                  step.get("args").get("caller").asText().startsWith(each.get("name").asText()));
    }
  }

  @Test
  void tellsWhatAStepDid() {
    JsonNode step =
        events(each -> each.get("name").asText().equals("rmw spte gfn 0x100 level 1: W 0->1"))
            .getFirst();

    assertThat(step.get("args").get("place").asText()).isEqualTo("SpteWriter.tryReplace:77");
    long before = Long.parseUnsignedLong(step.get("args").get("before").asText().substring(2), 16);
    long after = Long.parseUnsignedLong(step.get("args").get("after").asText().substring(2), 16);
    assertThat(after ^ before).isEqualTo(2);
  }

  @Test
  void showsForHowLongALockWasHeld() {
    List<JsonNode> held = events(each -> is(each, "held"));

    assertThat(held).hasSize(1);
    assertThat(held.getFirst().get("name").asText()).isEqualTo("mmu_lock for writing by host 0");
    assertThat(held.getFirst().get("ts").asInt()).isZero();
    assertThat(held.getFirst().get("dur").asInt()).isEqualTo(22);
  }

  @Test
  void endsWithWhatBroke() {
    JsonNode violation = events(each -> each.get("ph").asText().equals("i")).getFirst();

    assertThat(violation.get("name").asText()).isEqualTo("no-write-lost");
    assertThat(violation.get("ts").asInt()).isEqualTo(recording.moments().size());
  }
}
