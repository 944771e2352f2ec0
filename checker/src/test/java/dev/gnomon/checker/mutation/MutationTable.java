package dev.gnomon.checker.mutation;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.stream.Collectors;

/** What found which mutant, as a table for the documentation. Any thread may add to it. */
final class MutationTable {

  private record Row(Mutant mutant, Trial.Finding finding, List<String> finders) {}

  private final List<Row> rows = new ArrayList<>();

  /**
   * Adds a mutant.
   *
   * @param finding of the scenario that is named for it
   * @param finders all scenarios that find it, as far as they were tried
   */
  synchronized void add(Mutant mutant, Trial.Finding finding, List<String> finders) {
    rows.add(new Row(mutant, finding, finders));
  }

  /** The table, in the order of the list of mutants. */
  synchronized String text() {
    List<String> order = Mutants.all().stream().map(Mutant::name).toList();
    rows.sort(Comparator.comparingInt(row -> order.indexOf(row.mutant().name())));
    StringBuilder text = new StringBuilder();
    text.append("| mutant | what is wrong | found by | as | executions | ms | also found by |\n");
    text.append("| --- | --- | --- | --- | --- | --- | --- |\n");
    for (Row row : rows) {
      text.append(line(row));
    }
    return text.toString();
  }

  private static String line(Row row) {
    Mutant mutant = row.mutant();
    StringBuilder scenario = new StringBuilder("`" + mutant.scenario() + "`");
    mutant.rules().forEach((rule, value) -> scenario.append(", `" + rule + "=" + value + "`"));
    String found = row.finding().isViolation() ? row.finding().property() : "**nothing**";
    String others =
        row.finders().stream()
            .filter(name -> !name.equals(mutant.scenario()))
            .map(name -> "`" + name + "`")
            .collect(Collectors.joining(", "));
    return "| `%s` | %s | %s | %s | %d | %d | %s |\n"
        .formatted(
            mutant.name(),
            mutant.what(),
            scenario,
            found,
            row.finding().executions(),
            row.finding().millis(),
            others);
  }
}
