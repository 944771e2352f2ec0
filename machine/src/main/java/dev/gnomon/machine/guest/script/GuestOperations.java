package dev.gnomon.machine.guest.script;

import java.util.Set;

/** Reads the operations of vCPUs. */
final class GuestOperations {
  static final String NAMES = "read, write, fetch, add, cas, cr3, invlpg, cpl, wp, signal or await";

  private static final Set<String> WORDS =
      Set.of(
          "read", "write", "fetch", "add", "cas", "cr3", "invlpg", "cpl", "wp", "signal", "await");

  private static final Set<String> CPLS = Set.of("0", "3");
  private static final Set<String> SWITCH = Set.of("on", "off");
  private static final int WORD_SIZE = 8;

  private final Tokens tokens;
  private final ExpressionParser numbers;
  private final ExpectationParser expectations;

  GuestOperations(Tokens tokens, ExpressionParser numbers, ExpectationParser expectations) {
    this.tokens = tokens;
    this.numbers = numbers;
    this.expectations = expectations;
  }

  /** Whether a word begins one. */
  static boolean isOne(Token token) {
    return token.kind() == Token.Kind.WORD && WORDS.contains(base(token.text()));
  }

  /** Reads one. */
  Statement parse() {
    Token word = tokens.word("an operation: " + NAMES);
    int line = word.line();
    return switch (base(word.text())) {
      case "read" ->
          new Statement.Read(line, address(), size(word), false, expectations.valuesOrFault());
      case "fetch" ->
          new Statement.Read(line, address(), size(word), true, expectations.valuesOrFault());
      case "write" ->
          new Statement.Write(
              line, address(), size(word), numbers.parse("a value"), expectations.fault());
      case "add" ->
          new Statement.Add(
              unsized(word),
              address(),
              numbers.parse("a number to add"),
              expectations.valuesOrFault());
      case "cas" ->
          new Statement.Exchange(
              unsized(word),
              address(),
              numbers.parse("an expected value"),
              numbers.parse("a new value"),
              expectations.valuesOrFault());
      case "cr3" ->
          new Statement.LoadCr3(unsized(word), numbers.isNext() ? numbers.parse("CR3") : null);
      case "invlpg" -> new Statement.Invlpg(unsized(word), address());
      case "cpl" -> new Statement.SetPrivilege(unsized(word), tokens.oneOf(CPLS).equals("3"));
      case "wp" -> new Statement.SetWriteProtect(unsized(word), tokens.oneOf(SWITCH).equals("on"));
      case "signal" -> new Statement.Signal(unsized(word), signal(tokens));
      case "await" -> new Statement.Await(unsized(word), signal(tokens));
      default -> throw tokens.error(word, "expected " + NAMES + ", found " + word.describe());
    };
  }

  /** The number of a signal. */
  static int signal(Tokens tokens) {
    return (int) tokens.number("a signal", 0, Signals.COUNT - 1);
  }

  private static String base(String word) {
    int dot = word.indexOf('.');
    return dot < 0 ? word : word.substring(0, dot);
  }

  private int size(Token word) {
    int dot = word.text().indexOf('.');
    String size = word.text().substring(dot + 1);
    if (dot < 0) {
      return WORD_SIZE;
    }
    if (size.length() != 1 || size.charAt(0) < '1' || size.charAt(0) > '8') {
      throw tokens.error(
          word, "expected a size from 1 to 8 after the '.', found " + word.describe());
    }
    return size.charAt(0) - '0';
  }

  private int unsized(Token word) {
    if (word.text().indexOf('.') >= 0) {
      throw tokens.error(
          word, "expected '" + base(word.text()) + "' without a size, found " + word.describe());
    }
    return word.line();
  }

  private Expression address() {
    return numbers.parse("an address");
  }
}
