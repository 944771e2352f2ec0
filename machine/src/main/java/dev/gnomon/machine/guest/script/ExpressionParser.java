package dev.gnomon.machine.guest.script;

import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/** Reads numbers: {@code 0x1000 + i * 4K}, {@code pte(page)}. */
final class ExpressionParser {
  private static final String PTE = "pte";

  /** Words that come after a number. */
  private static final Set<String> RESERVED =
      Set.of(
          PTE, "or", "else", "fault", "contains", "slot", "size", "from", "at", "to", "read-only");

  private final Tokens tokens;
  private final Map<String, Expression> names;
  private final @Nullable IdentityTables tables;

  /** Of the loops around, the outermost first. */
  private final List<String> loops = new ArrayList<>();

  ExpressionParser(Tokens tokens, Map<String, Expression> names, @Nullable IdentityTables tables) {
    this.tokens = tokens;
    this.names = names;
    this.tables = tables;
  }

  /** Whether a word cannot name a number. */
  static boolean isReserved(String word) {
    return RESERVED.contains(word);
  }

  /**
   * Enters the body of a loop.
   *
   * @param name of its counter
   * @return its number: how many are around it
   */
  int enterLoop(String name) {
    loops.add(name);
    return loops.size() - 1;
  }

  void leaveLoop() {
    loops.removeLast();
  }

  /** Whether a number may begin at the next token. */
  boolean isNext() {
    Token token = tokens.peek();
    return switch (token.kind()) {
      case NUMBER -> true;
      case WORD -> token.text().equals(PTE) || isName(token.text());
      case SYMBOL -> token.text().equals("(");
      case NEWLINE, END -> false;
    };
  }

  private boolean isName(String word) {
    return loops.contains(word) || names.containsKey(word);
  }

  /** Reads a number. */
  Expression parse(String what) {
    Expression sum = product(what);
    while (tokens.takeIf("+")) {
      sum = new Expression.Sum(sum, product("a number after '+'"));
    }
    return sum;
  }

  private Expression product(String what) {
    Expression product = factor(what);
    while (tokens.takeIf("*")) {
      product = new Expression.Product(product, factor("a number after '*'"));
    }
    return product;
  }

  private Expression factor(String what) {
    Token token = tokens.peek();
    if (!isNext()) {
      throw tokens.expected(what);
    }
    tokens.take();
    if (token.kind() == Token.Kind.NUMBER) {
      return new Expression.Constant(token.number());
    }
    if (token.is("(")) {
      return closed("a number after '('");
    }
    if (token.is(PTE)) {
      return pageTableEntry(token);
    }
    int loop = loops.lastIndexOf(token.text());
    return loop >= 0 ? new Expression.Counter(loop) : constant(token);
  }

  private Expression constant(Token token) {
    Expression named = names.get(token.text());
    if (named == null) {
      throw tokens.error(token, "no number is named " + token.describe());
    }
    return named;
  }

  private Expression pageTableEntry(Token token) {
    IdentityTables guestTables = tables;
    if (guestTables == null) {
      throw tokens.error(token, "'pte' needs a guest that pages, and sections: see 'paging'");
    }
    tokens.expect("(");
    return new Expression.Applied(guestTables::leafEntry, closed("an address after '('"));
  }

  private Expression closed(String what) {
    Expression inner = parse(what);
    tokens.expect(")");
    return inner;
  }
}
