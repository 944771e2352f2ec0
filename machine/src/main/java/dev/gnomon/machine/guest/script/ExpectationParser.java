package dev.gnomon.machine.guest.script;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

/** Reads what an operation may find: {@code = 1 or 2 or fault else no-write-lost}, or nothing. */
final class ExpectationParser {
  private final Tokens tokens;
  private final ExpressionParser numbers;
  private final boolean guestPages;
  private Concern usual = Concern.EXPECTATION;

  ExpectationParser(Tokens tokens, ExpressionParser numbers, boolean guestPages) {
    this.tokens = tokens;
    this.numbers = numbers;
    this.guestPages = guestPages;
  }

  /** Says what is broken, from here on, where an operation does not say it. */
  void setUsual(Concern concern) {
    usual = concern;
  }

  /** Reads values, {@code fault} among them. */
  Expectation valuesOrFault() {
    if (!tokens.takeIf("=")) {
      return Expectation.ANYTHING;
    }
    List<Expression> values = new ArrayList<>();
    boolean mayFault = false;
    do {
      if (tokens.peek().is("fault")) {
        takeFault();
        mayFault = true;
      } else {
        values.add(numbers.parse("a value"));
      }
    } while (tokens.takeIf("or"));
    return new Expectation(values, mayFault, concern());
  }

  /** Reads values. */
  Expectation values() {
    if (!tokens.takeIf("=")) {
      return Expectation.ANYTHING;
    }
    List<Expression> values = new ArrayList<>();
    do {
      values.add(numbers.parse("a value"));
    } while (tokens.takeIf("or"));
    return new Expectation(values, false, concern());
  }

  /** Reads {@code = fault}. */
  Expectation fault() {
    if (!tokens.takeIf("=")) {
      return Expectation.ANYTHING;
    }
    takeFault();
    return new Expectation(List.of(), true, concern());
  }

  private void takeFault() {
    if (!guestPages) {
      throw tokens.error(tokens.peek(), "'fault' needs a guest that pages: see 'paging'");
    }
    tokens.expect("fault");
  }

  private Concern concern() {
    if (!tokens.takeIf("else")) {
      return usual;
    }
    Set<String> labels = new TreeSet<>();
    Arrays.stream(Concern.values()).map(Concern::label).forEach(labels::add);
    String label = tokens.oneOf(labels);
    return Arrays.stream(Concern.values())
        .filter(concern -> concern.label().equals(label))
        .findFirst()
        .orElseThrow();
  }
}
