package dev.gnomon.bench;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import org.jspecify.annotations.Nullable;

/** What was found, for people and for programs. */
record Report(HostDescription host, Effort effort, List<Finding> findings) {
  private static final String LINE = "%-9s %-60s %14s  %-14s %s%n";

  /** A table, a line a number. */
  String text() {
    StringBuilder text = new StringBuilder();
    text.append(String.format(LINE, "", "what", "measured", "required/goal", ""));
    String before = "";
    for (Finding each : findings) {
      String name = each.name().equals(before) ? "" : each.name();
      before = each.name();
      text.append(
          String.format(
                  LINE,
                  name,
                  each.what(),
                  (number(each.measured()) + " " + each.unit()).strip(),
                  required(each.bound()),
                  each.verdict())
              .stripTrailing());
      text.append(System.lineSeparator());
    }
    return text.toString();
  }

  private static String required(@Nullable Bound bound) {
    if (bound == null) {
      return "";
    }
    String sign = bound.isUpper() ? "<= " : ">= ";
    return sign + number(bound.required()) + (bound.hasGoal() ? " / " + number(bound.goal()) : "");
  }

  /** Three digits, or all before the point. */
  private static String number(double value) {
    double size = Math.abs(value);
    int decimals =
        size >= 100 || value == Math.rint(value) ? 0 : size >= 10 ? 1 : size >= 1 ? 2 : 3;
    return String.format(Locale.ROOT, "%,." + decimals + "f", value);
  }

  /**
   * Writes it as JSON.
   *
   * @throws InputException if the file cannot be written
   */
  void write(Path file) {
    try {
      Files.writeString(file, json().toPrettyString() + "\n");
    } catch (IOException e) {
      throw new InputException("--json " + file + ": cannot be written: " + e.getMessage(), e);
    }
  }

  private ObjectNode json() {
    ObjectNode root = JsonNodeFactory.instance.objectNode();
    root.set("host", new ObjectMapper().valueToTree(host));
    root.put("effort", effort.name().toLowerCase(Locale.ROOT));
    ArrayNode results = root.putArray("results");
    for (Finding each : findings) {
      ObjectNode node = results.addObject();
      node.put("name", each.name());
      node.put("what", each.what());
      node.put("measured", each.measured());
      node.put("unit", each.unit());
      Bound bound = each.bound();
      if (bound != null) {
        node.put(bound.isUpper() ? "at_most" : "at_least", bound.required());
        if (bound.hasGoal()) {
          node.put("goal", bound.goal());
        }
        node.put("ok", !each.isMissed());
      }
    }
    return root;
  }
}
