package dev.gnomon.checker.report;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.machine.InputException;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Collections;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/**
 * What it takes to run a counterexample again: the scenario, how it was set up, and who moved when.
 * As text it is JSON, a turn of the schedule a line, so that a person can read it, and change it.
 *
 * @param scenario its name, or the path of its file
 * @param textHash {@link #hash} of its text, as that may change
 * @param rules the rules by name, as far as they are not at their defaults
 * @param memoryModel under which it was found
 * @param options whatever else the search was told, by name
 * @param violated the property that broke
 * @param schedule who moves, from the first step of several bodies on
 */
public record ReplayFile(
    String scenario,
    String textHash,
    Map<String, String> rules,
    MemoryModel memoryModel,
    Map<String, String> options,
    Property violated,
    List<Turn> schedule) {

  /** The version of the format that is written, and the only one that is read. */
  public static final int VERSION = 1;

  static final String FORMAT = "gnomon-counterexample";

  public ReplayFile {
    rules = Collections.unmodifiableMap(new LinkedHashMap<>(rules));
    options = Collections.unmodifiableMap(new LinkedHashMap<>(options));
    schedule = List.copyOf(schedule);
  }

  /**
   * Reads one.
   *
   * @param name of the file, for messages: {@code NAME:LINE:COLUMN: expected ..., found ...}
   * @throws InputException at the first thing that is wrong with it
   */
  public static ReplayFile parse(String name, String text) {
    return new ReplayReader(name, text).read();
  }

  /** A text's hash: SHA-256, in hex. */
  public static String hash(String text) {
    try {
      byte[] digest =
          MessageDigest.getInstance("SHA-256").digest(text.getBytes(StandardCharsets.UTF_8));
      return HexFormat.of().formatHex(digest);
    } catch (NoSuchAlgorithmException e) {
      throw new AssertionError("every Java has SHA-256", e);
    }
  }

  /**
   * The text of the scenario.
   *
   * @param name of this file, for messages
   * @param texts finds a scenario's text by its name or path; null if there is none
   * @throws InputException if there is none, or not the one that this was found in
   */
  public String text(String name, Function<String, @Nullable String> texts) {
    String text = texts.apply(scenario);
    if (text == null) {
      throw new InputException(name + ": there is no scenario '" + scenario + "'");
    }
    if (!hash(text).equals(textHash)) {
      throw new InputException(
          name
              + ": scenario '"
              + scenario
              + "' has changed since this was found in it; check it again");
    }
    return text;
  }

  /** This as text. */
  public String print() {
    ObjectNode head = JsonNodeFactory.instance.objectNode();
    head.put(FORMAT, VERSION);
    head.put("scenario", scenario);
    head.put("text-sha256", textHash);
    ObjectNode ruleNode = head.putObject("rules");
    rules.forEach(ruleNode::put);
    head.put("memory-model", Recording.label(memoryModel));
    ObjectNode optionNode = head.putObject("options");
    options.forEach(optionNode::put);
    head.put("violated", violated.label());
    StringBuilder out = new StringBuilder("{\n");
    head.properties()
        .forEach(
            each ->
                out.append("  ")
                    .append(json(JsonNodeFactory.instance.textNode(each.getKey())))
                    .append(": ")
                    .append(json(each.getValue()))
                    .append(",\n"));
    out.append("  \"schedule\": [");
    String separator = "\n";
    for (Turn turn : schedule) {
      out.append(separator).append("    ").append(print(turn));
      separator = ",\n";
    }
    return out.append("\n  ]\n}\n").toString();
  }

  private static String print(Turn turn) {
    return switch (turn) {
      case Turn.Steps steps -> "{\"cpu\": " + steps.cpu() + ", \"steps\": " + steps.steps() + "}";
      case Turn.Commits commits ->
          "{\"cpu\": " + commits.cpu() + ", \"commits\": " + commits.stores() + "}";
      case Turn.Choice choice -> "{\"choice\": " + choice.outcome() + "}";
    };
  }

  private static String json(Object value) {
    try {
      return new ObjectMapper().writeValueAsString(value);
    } catch (JsonProcessingException e) {
      throw new AssertionError("a tree of plain values", e);
    }
  }
}
