package dev.gnomon.checker.litmus;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.machine.InputException;
import dev.gnomon.machine.guest.script.Dialect;
import dev.gnomon.machine.guest.script.RuleNames;
import dev.gnomon.machine.guest.script.Script;
import dev.gnomon.machine.guest.script.Token;
import dev.gnomon.machine.guest.script.Tokens;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.EnumSet;
import java.util.LinkedHashMap;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;

/** Reads what a litmus file has besides a script. The grammar is in docs/litmus.md. */
final class LitmusParser implements Dialect {
  private static final Set<String> SETTINGS =
      Set.of("memory-model", "speculation", "tlb-drops", "locks");

  private final List<LitmusCase> cases = new ArrayList<>();
  private Conditions conditions = Conditions.DEFAULT;

  private LitmusParser() {}

  static Litmus parse(String file, String text) {
    List<String> prose = prose(text);
    if (prose.isEmpty()) {
      throw new InputException(file + ":1:1: expected a comment that says what this is about");
    }
    LitmusParser parser = new LitmusParser();
    Script script = Script.parse(file, text, parser);
    if (script.threads() == 0) {
      throw new InputException(file + ": expected a thread: 'vcpu N:' or 'host N:'");
    }
    if (parser.cases.isEmpty()) {
      throw new InputException(file + ": expected 'expect:' at the end, and what is expected");
    }
    return new Litmus(name(file), prose, script, parser.conditions, parser.cases);
  }

  private static String name(String file) {
    String last = file.substring(file.replace('\\', '/').lastIndexOf('/') + 1);
    return last.endsWith(Litmus.SUFFIX)
        ? last.substring(0, last.length() - Litmus.SUFFIX.length())
        : last;
  }

  /** The comment at the head, without its signs. */
  private static List<String> prose(String text) {
    return text.lines()
        .map(String::strip)
        .takeWhile(line -> line.startsWith("#"))
        .map(line -> line.substring(1).strip())
        .toList();
  }

  // --- settings ---

  @Override
  public Set<String> settings() {
    return SETTINGS;
  }

  @Override
  public void readSetting(Token setting, Tokens tokens) {
    conditions =
        switch (setting.text()) {
          case "memory-model" -> conditions.withMemoryModel(model(tokens));
          case "speculation" -> conditions.withSpeculation(isOn(tokens));
          case "tlb-drops" -> conditions.withDrops(isOn(tokens));
          default -> conditions.withLocks(locks(tokens));
        };
  }

  private static boolean isOn(Tokens tokens) {
    return tokens.oneOf(Set.of("on", "off")).equals("on");
  }

  private static MemoryModel model(Tokens tokens) {
    return tokens.oneOf(Set.of("sc", "tso")).equals("sc") ? MemoryModel.SC : MemoryModel.TSO;
  }

  private static Conditions.Locks locks(Tokens tokens) {
    String word = tokens.oneOf(Set.of("abstract", "words"));
    return Conditions.Locks.valueOf(word.toUpperCase(Locale.ROOT));
  }

  // --- what is expected ---

  @Override
  public Set<String> sections() {
    return Set.of("expect");
  }

  @Override
  public void readSection(Token head, Tokens tokens) {
    tokens.skipSeparators();
    while (tokens.peek().kind() != Token.Kind.END) {
      readLine(tokens);
      tokens.endStatement();
      tokens.skipSeparators();
    }
  }

  /** {@code volatile=readonly-stable,any-ad-clear violated no-write-lost under sc}. */
  private void readLine(Tokens tokens) {
    Token first = tokens.peek();
    Map<String, List<String>> values = new LinkedHashMap<>();
    while (!tokens.peek().is("safe") && !tokens.peek().is("violated")) {
      if (tokens.peek().kind() != Token.Kind.WORD) {
        throw tokens.expected("RULE=VALUE, safe or violated");
      }
      Token name = tokens.peek();
      RuleSwitch<?> rule = RuleNames.rule(tokens);
      if (values.put(rule.name(), values(tokens, rule)) != null) {
        throw tokens.error(name, name.describe() + " has values in this line already");
      }
    }
    boolean isSafe = tokens.take().is("safe");
    Set<Property> properties = isSafe ? Set.of() : properties(tokens);
    Set<MemoryModel> models =
        tokens.takeIf("under") ? Set.of(model(tokens)) : EnumSet.allOf(MemoryModel.class);
    ExpectedVerdict verdict = isSafe ? ExpectedVerdict.SAFE : ExpectedVerdict.VIOLATED;
    for (Map<String, String> assignments : product(values)) {
      LitmusCase added = new LitmusCase(first.line(), assignments, verdict, properties, models);
      requireNew(tokens, first, added);
      cases.add(added);
    }
  }

  private static List<String> values(Tokens tokens, RuleSwitch<?> rule) {
    tokens.expect("=");
    Set<String> values = new LinkedHashSet<>();
    do {
      Token value = tokens.peek();
      if (!values.add(RuleNames.value(tokens, rule))) {
        throw tokens.error(value, value.describe() + " stands in this line already");
      }
    } while (tokens.takeIf(","));
    return List.copyOf(values);
  }

  private static Set<Property> properties(Tokens tokens) {
    Set<String> labels = new TreeSet<>();
    Arrays.stream(Property.values()).map(Property::label).forEach(labels::add);
    Set<Property> properties = EnumSet.noneOf(Property.class);
    do {
      String label = tokens.oneOf(labels);
      Arrays.stream(Property.values())
          .filter(property -> property.label().equals(label))
          .forEach(properties::add);
    } while (tokens.takeIf("or"));
    return properties;
  }

  /** Every choice of one value for each rule. */
  private static List<Map<String, String>> product(Map<String, List<String>> values) {
    List<Map<String, String>> all = List.of(Map.of());
    for (Map.Entry<String, List<String>> rule : values.entrySet()) {
      List<Map<String, String>> more = new ArrayList<>();
      for (Map<String, String> begun : all) {
        for (String value : rule.getValue()) {
          Map<String, String> chosen = new LinkedHashMap<>(begun);
          chosen.put(rule.getKey(), value);
          more.add(chosen);
        }
      }
      all = more;
    }
    return all;
  }

  private void requireNew(Tokens tokens, Token at, LitmusCase added) {
    Rules rules = added.applyTo(Rules.DEFAULTS);
    for (LitmusCase old : cases) {
      boolean isSame =
          old.assignments().equals(added.assignments())
              && old.models().stream().anyMatch(added.models()::contains);
      if (isSame) {
        String what = added.assignments().isEmpty() ? "the file's rules" : rules.describe();
        throw tokens.error(at, "line " + old.line() + " says what is expected of " + what);
      }
    }
  }
}
