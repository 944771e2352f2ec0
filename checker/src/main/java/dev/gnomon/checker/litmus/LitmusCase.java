package dev.gnomon.checker.litmus;

import dev.gnomon.checker.property.Property;
import dev.gnomon.checker.property.Violation;
import dev.gnomon.checker.schedule.MemoryModel;
import dev.gnomon.mmu.Rules;
import dev.gnomon.mmu.config.RuleSwitch;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Set;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;

/**
 * What a litmus file expects under some values of rules.
 *
 * @param line where the file says so, from 1
 * @param assignments values by rule, in the order of the file; other rules are as the file's
 *     settings say, or at their defaults
 * @param expected the verdict
 * @param properties what may be violated, one of these; empty if nothing may
 * @param models the memory models under which this is expected
 */
public record LitmusCase(
    int line,
    Map<String, String> assignments,
    ExpectedVerdict expected,
    Set<Property> properties,
    Set<MemoryModel> models) {

  public LitmusCase {
    assignments = Collections.unmodifiableMap(new LinkedHashMap<>(assignments));
    properties = Set.copyOf(properties);
    models = Set.copyOf(models);
  }

  /** The rule that it is about: the first that it names; empty if it names none. */
  public String rule() {
    return assignments.keySet().stream().findFirst().orElse("");
  }

  /** The value of {@link #rule}; empty if it names none. */
  public String value() {
    return assignments.values().stream().findFirst().orElse("");
  }

  /** Rules with the values of this case put in. */
  public Rules applyTo(Rules rules) {
    Rules result = rules;
    for (Map.Entry<String, String> each : assignments.entrySet()) {
      RuleSwitch<?> rule = Rules.find(each.getKey()).orElseThrow();
      result = result.with(rule, each.getValue()).orElseThrow();
    }
    return result;
  }

  /** Whether what was found, or null, is as expected. */
  public boolean isMetBy(@Nullable Violation found) {
    return found == null
        ? expected == ExpectedVerdict.SAFE
        : expected == ExpectedVerdict.VIOLATED && properties.contains(found.property());
  }

  /** Its values as a user writes them: {@code volatile=any-ad-clear}; empty if it names none. */
  public String describe() {
    return assignments.entrySet().stream()
        .map(each -> each.getKey() + "=" + each.getValue())
        .collect(Collectors.joining(" "));
  }
}
