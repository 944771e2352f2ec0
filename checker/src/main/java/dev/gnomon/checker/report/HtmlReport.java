package dev.gnomon.checker.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A counterexample as one page that needs nothing else: swimlanes, and a stepper with the page
 * table, the TLBs, the dirty log and the locks beside, as they are after each step.
 *
 * <p>The page is a template with a place for the data, which its script turns into what is seen.
 */
public final class HtmlReport {
  private static final String TEMPLATE = "counterexample.html";
  private static final String TITLE_PLACE = "@TITLE@";
  private static final String DATA_PLACE = "@DATA@";

  /** The page. */
  public String print(Recording recording) {
    String title =
        recording.scenario().name() + ": " + recording.violation().property().label() + " violated";
    String page = template();
    int titleAt = page.indexOf(TITLE_PLACE);
    int dataAt = page.indexOf(DATA_PLACE);
    return page.substring(0, titleAt)
        + escaped(title)
        + page.substring(titleAt + TITLE_PLACE.length(), dataAt)
        + json(recording)
        + page.substring(dataAt + DATA_PLACE.length());
  }

  private static String template() {
    try (InputStream in = HtmlReport.class.getResourceAsStream(TEMPLATE)) {
      if (in == null) {
        throw new IllegalStateException("no resource " + TEMPLATE);
      }
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static String escaped(String text) {
    return text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;");
  }

  // --- the data ---

  private static String json(Recording recording) {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.put("scenario", recording.scenario().name());
    root.put("prose", recording.scenario().prose().strip());
    root.put("rules", recording.scenario().describeRules());
    root.put("found", recording.describe());
    root.put("property", recording.violation().property().label());
    root.put("meaning", recording.violation().property().meaning());
    root.put("message", recording.violation().message());
    ArrayNode lanes = root.putArray("lanes");
    for (Lane lane : recording.lanes()) {
      lanes.addObject().put("name", lane.name()).put("cpu", lane.cpu());
    }
    States states = new States(recording.lanes(), root);
    root.put("start", states.number(recording.start()));
    ArrayNode steps = root.putArray("steps");
    for (Moment moment : recording.moments()) {
      ObjectNode step = steps.addObject();
      step.put("number", moment.step().number());
      step.put("lane", recording.lane(moment.step().cpu()));
      step.put("subject", moment.subject().name());
      step.put("writes", StepText.writes(moment.step()));
      step.put("minor", moment.isMinor());
      step.put("text", moment.text());
      step.put("place", moment.step().place());
      step.put("operation", moment.operation());
      step.put("state", states.number(moment.after()));
    }
    try {
      // Within a script element, only an end tag or the start of a comment could end the data.
      return new ObjectMapper().writeValueAsString(root).replace("<", "\\u003c");
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree of plain values", e);
    }
  }

  /** The states, each written down once, as the numbers of its sections, each written down once. */
  private static final class States {
    private final List<Lane> lanes;
    private final ArrayNode states;
    private final ArrayNode sections;
    private final Map<MachineState, Integer> stateNumbers = new HashMap<>();
    private final Map<StateSections.Section, Integer> sectionNumbers = new HashMap<>();

    States(List<Lane> lanes, ObjectNode root) {
      this.lanes = lanes;
      states = root.putArray("states");
      sections = root.putArray("sections");
    }

    int number(MachineState state) {
      return stateNumbers.computeIfAbsent(state, this::add);
    }

    private int add(MachineState state) {
      ArrayNode numbers = states.addArray();
      for (StateSections.Section section : StateSections.of(state, lanes)) {
        numbers.add(sectionNumbers.computeIfAbsent(section, this::add));
      }
      return states.size() - 1;
    }

    private int add(StateSections.Section section) {
      ObjectNode node = sections.addObject().put("title", section.title());
      ArrayNode rows = node.putArray("rows");
      for (StateSections.Row row : section.rows()) {
        rows.addArray().add(row.key()).add(row.depth()).add(row.label()).add(row.value());
      }
      return sections.size() - 1;
    }
  }
}
