package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.InputException;
import java.util.List;
import java.util.Set;

/** A script's tokens, read from left to right, and how to say what is wrong with the next one. */
public final class Tokens {
  private final String name;
  private final List<Token> tokens;
  private int at;

  Tokens(String name, String text) {
    this.name = name;
    tokens = Lexer.tokens(name, text);
  }

  /** What messages call the text. */
  public String name() {
    return name;
  }

  /** The next token, which stays the next. */
  public Token peek() {
    return tokens.get(at);
  }

  /** The token after so many others. The last, again and again, after the end. */
  public Token peek(int ahead) {
    return tokens.get(Math.min(at + ahead, tokens.size() - 1));
  }

  /** Takes the next token. */
  public Token take() {
    return tokens.get(at == tokens.size() - 1 ? at : at++);
  }

  /** Takes the next token if it is this symbol or word. */
  public boolean takeIf(String symbolOrWord) {
    boolean isIt = peek().is(symbolOrWord);
    if (isIt) {
      take();
    }
    return isIt;
  }

  /** Takes the symbol or word that must come here. */
  public void expect(String symbolOrWord) {
    if (!takeIf(symbolOrWord)) {
      throw expected("'" + symbolOrWord + "'");
    }
  }

  /** Takes the word that must come here. */
  public Token word(String what) {
    if (peek().kind() != Token.Kind.WORD) {
      throw expected(what);
    }
    return take();
  }

  /** Takes one of some words. */
  public String oneOf(Set<String> words) {
    if (peek().kind() != Token.Kind.WORD && peek().kind() != Token.Kind.NUMBER
        || !words.contains(peek().text())) {
      throw expected(listed(words));
    }
    return take().text();
  }

  /** Takes a number between two others. */
  public long number(String what, long least, long most) {
    Token token = peek();
    if (token.kind() != Token.Kind.NUMBER || token.number() < least || token.number() > most) {
      throw expected(what + " from " + least + " to " + most);
    }
    return take().number();
  }

  /** Takes separators, if there are any. */
  public void skipSeparators() {
    while (peek().isSeparator()) {
      take();
    }
  }

  /** Requires that a statement ends here; what ends it stays. */
  public void endStatement() {
    Token token = peek();
    boolean isEnd = token.kind() == Token.Kind.END || token.is("}") || token.is("|");
    if (!isEnd && !token.isSeparator()) {
      throw expected("the end of the line");
    }
  }

  /** The error that something else was expected instead of the next token. */
  public InputException expected(String what) {
    return error(peek(), "expected " + what + ", found " + peek().describe());
  }

  /** An error at a token. */
  public InputException error(Token token, String message) {
    return new InputException(name + ":" + token.line() + ":" + token.column() + ": " + message);
  }

  private static String listed(Set<String> words) {
    List<String> all = words.stream().sorted().toList();
    return all.size() == 1
        ? "'" + all.getFirst() + "'"
        : String.join(", ", all.subList(0, all.size() - 1)) + " or " + all.getLast();
  }
}
