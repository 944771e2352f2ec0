package dev.gnomon.machine.guest.script;

import java.util.List;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * What came of a script.
 *
 * @param violations of expectations, by line; of one that is violated again and again in a loop,
 *     the first few
 * @param audit what the MMU's own audit found at the end, a line each; empty if it was not reached
 * @param failure what the MMU, or the machine below it, threw, or null; the script then ended there
 */
public record ScriptResult(
    List<Violation> violations, List<String> audit, @Nullable RuntimeException failure) {

  public ScriptResult {
    violations = List.copyOf(violations);
    audit = List.copyOf(audit);
  }

  /** Whether all went as it should. */
  public boolean isClean() {
    return violations.isEmpty() && audit.isEmpty() && failure == null;
  }

  /** All that went wrong, a line each; empty if nothing did. */
  public String describe() {
    Stream<String> found =
        Stream.concat(
            violations.stream().map(Violation::toString),
            audit.stream().map(line -> "audit: " + line));
    RuntimeException thrown = failure;
    Stream<String> failed = thrown == null ? Stream.of() : Stream.of("failed: " + thrown);
    return Stream.concat(found, failed).collect(Collectors.joining("\n"));
  }
}
