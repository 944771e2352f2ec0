package dev.gnomon.checker.report;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonLocation;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadFeature;
import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.machine.InputException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;

/** Reads a {@link ReplayFile}, token by token, so that each complaint can say where. */
final class ReplayReader {
  private static final List<String> MEMBERS =
      List.of(
          "scenario", "text-sha256", "rules", "memory-model", "options", "violated", "schedule");

  /** No execution that anyone explores is longer; a slip of the pen may be. */
  private static final int MOST_MOVES = 10_000_000;

  private final String name;
  private final String text;

  ReplayReader(String name, String text) {
    this.name = name;
    this.text = text;
  }

  ReplayFile read() {
    JsonFactory factory =
        JsonFactory.builder()
            .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
            .enable(StreamReadFeature.INCLUDE_SOURCE_IN_LOCATION)
            .build();
    try (JsonParser parser = factory.createParser(text)) {
      return new Reading(parser).file();
    } catch (JsonProcessingException e) {
      throw error(e.getLocation(), "not JSON: " + firstLine(e.getOriginalMessage()));
    } catch (IOException e) {
      throw new UncheckedIOException("a string", e);
    }
  }

  private static String firstLine(@Nullable String message) {
    if (message == null) {
      return "no reason given";
    }
    // Without the list of all that could have stood there.
    return message.lines().findFirst().orElse("").replaceFirst(": was expecting.*", "");
  }

  private InputException error(@Nullable JsonLocation at, String message) {
    String place = at == null ? "" : ":" + at.getLineNr() + ":" + at.getColumnNr();
    return new InputException(name + place + ": " + message);
  }

  private final class Reading {
    private final JsonParser parser;
    private String scenario = "";
    private String textHash = "";
    private Map<String, String> rules = Map.of();
    private MemoryModel memoryModel = MemoryModel.SC;
    private Map<String, String> options = Map.of();
    private Property violated = Property.EXPECTATION;
    private List<Turn> schedule = List.of();

    Reading(JsonParser parser) {
      this.parser = parser;
    }

    ReplayFile file() throws IOException {
      next(JsonToken.START_OBJECT, "{");
      if (!ReplayFile.FORMAT.equals(parser.nextFieldName())) {
        throw expected("\"" + ReplayFile.FORMAT + "\" as the first member");
      }
      int version = number("a version", 0);
      if (version != ReplayFile.VERSION) {
        throw error(
            parser.currentTokenLocation(),
            "version " + version + " of the format; this program reads " + ReplayFile.VERSION);
      }
      List<String> missing = new ArrayList<>(MEMBERS);
      String member;
      while ((member = parser.nextFieldName()) != null) {
        read(member);
        missing.remove(member);
      }
      if (!missing.isEmpty()) {
        throw expected("the member \"" + missing.getFirst() + "\"");
      }
      if (parser.nextToken() != null) {
        throw expected("the end of the file");
      }
      return new ReplayFile(scenario, textHash, rules, memoryModel, options, violated, schedule);
    }

    private void read(String member) throws IOException {
      switch (member) {
        case "scenario" -> scenario = text("the name of a scenario");
        case "text-sha256" -> textHash = text("a hash");
        case "rules" -> rules = texts();
        case "options" -> options = texts();
        case "memory-model" -> memoryModel = oneOf(MemoryModel.values(), Recording::label);
        case "violated" -> violated = oneOf(Property.values(), Property::label);
        case "schedule" -> schedule = turns();
        default -> throw expected("a member of " + MEMBERS);
      }
    }

    // --- values ---

    private InputException expected(String what) throws IOException {
      if (parser.currentToken() == null) {
        return error(parser.currentLocation(), "expected " + what + ", found the end of the file");
      }
      return error(
          parser.currentTokenLocation(), "expected " + what + ", found '" + parser.getText() + "'");
    }

    private void next(JsonToken token, String what) throws IOException {
      if (parser.nextToken() != token) {
        throw expected(what);
      }
    }

    private String text(String what) throws IOException {
      next(JsonToken.VALUE_STRING, what);
      return parser.getText();
    }

    private int number(String what, int least) throws IOException {
      next(JsonToken.VALUE_NUMBER_INT, what);
      boolean isInt = parser.getNumberType() == JsonParser.NumberType.INT;
      if (!isInt || parser.getIntValue() < least) {
        throw expected(what + ", at least " + least);
      }
      return parser.getIntValue();
    }

    private Map<String, String> texts() throws IOException {
      next(JsonToken.START_OBJECT, "{");
      Map<String, String> texts = new LinkedHashMap<>();
      String key;
      while ((key = parser.nextFieldName()) != null) {
        texts.put(key, text("a value in quotes"));
      }
      return texts;
    }

    private <T> T oneOf(T[] values, Function<T, String> label) throws IOException {
      String what = "one of " + Arrays.stream(values).map(label).toList();
      String wanted = text(what);
      for (T value : values) {
        if (label.apply(value).equals(wanted)) {
          return value;
        }
      }
      throw expected(what);
    }

    // --- the schedule ---

    private List<Turn> turns() throws IOException {
      next(JsonToken.START_ARRAY, "[");
      List<Turn> turns = new ArrayList<>();
      long moves = 0;
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        if (parser.currentToken() != JsonToken.START_OBJECT) {
          throw expected("{ or ]");
        }
        Turn turn = turn();
        turns.add(turn);
        moves +=
            switch (turn) {
              case Turn.Steps steps -> steps.steps();
              case Turn.Commits commits -> commits.stores();
              case Turn.Choice _ -> 1;
            };
        if (moves > MOST_MOVES) {
          throw expected("no more than " + MOST_MOVES + " moves");
        }
      }
      return turns;
    }

    private Turn turn() throws IOException {
      Turn turn;
      switch (String.valueOf(parser.nextFieldName())) {
        case "cpu" -> {
          int cpu = number("a CPU", 0);
          turn =
              switch (String.valueOf(parser.nextFieldName())) {
                case "steps" -> new Turn.Steps(cpu, number("how many", 1));
                case "commits" -> new Turn.Commits(cpu, number("how many", 1));
                default -> throw expected("\"steps\" or \"commits\"");
              };
        }
        case "choice" -> turn = new Turn.Choice(number("an outcome", 0));
        default -> throw expected("\"cpu\" or \"choice\"");
      }
      next(JsonToken.END_OBJECT, "}");
      return turn;
    }
  }
}
