package dev.gnomon.machine.guest.script;

import dev.gnomon.machine.InputException;
import java.util.ArrayList;
import java.util.List;

/** Cuts a script's text into tokens. */
final class Lexer {
  private static final String SYMBOLS = ":;{}()=+*,|";

  private final String name;
  private final String text;
  private final List<Token> tokens = new ArrayList<>();
  private int at;
  private int line = 1;
  private int lineStart;

  private Lexer(String name, String text) {
    this.name = name;
    this.text = text;
  }

  /**
   * All tokens of a text; the last is the only one of kind END.
   *
   * @throws InputException at the first character that begins none
   */
  static List<Token> tokens(String name, String text) {
    Lexer lexer = new Lexer(name, text);
    while (lexer.at < text.length()) {
      lexer.next();
    }
    lexer.add(Token.Kind.END, lexer.at, 0);
    return lexer.tokens;
  }

  private void next() {
    char c = text.charAt(at);
    int start = at;
    if (c == '\n') {
      at++;
      add(Token.Kind.NEWLINE, start, 0);
      line++;
      lineStart = at;
    } else if (c == ' ' || c == '\t' || c == '\r') {
      at++;
    } else if (c == '#') {
      while (at < text.length() && text.charAt(at) != '\n') {
        at++;
      }
    } else if ((c == '>' || c == '<') && text.startsWith("=", at + 1)) {
      at += 2;
      add(Token.Kind.SYMBOL, start, 0);
    } else if (SYMBOLS.indexOf(c) >= 0) {
      at++;
      add(Token.Kind.SYMBOL, start, 0);
    } else if (isLetter(c)) {
      skipWord();
      add(Token.Kind.WORD, start, 0);
    } else if (c == '-' || isDigit(c)) {
      skipWord();
      add(Token.Kind.NUMBER, start, number(start));
    } else {
      throw error(start, "expected a word, a number or a symbol, found '" + c + "'");
    }
  }

  private void skipWord() {
    do {
      at++;
    } while (at < text.length() && isInWord(text.charAt(at)));
  }

  private static boolean isInWord(char c) {
    return isLetter(c) || isDigit(c) || c == '-' || c == '_' || c == '.';
  }

  private static boolean isLetter(char c) {
    return c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z';
  }

  private static boolean isDigit(char c) {
    return c >= '0' && c <= '9';
  }

  /**
   * Decimal or {@code 0x} hexadecimal, with underscores, perhaps negative, perhaps in K, M or G.
   */
  private long number(int start) {
    String digits = text.substring(start, at).replace("_", "");
    boolean isNegative = digits.startsWith("-");
    digits = isNegative ? digits.substring(1) : digits;
    try {
      long value;
      if (digits.startsWith("0x")) {
        value = Long.parseUnsignedLong(digits, 2, digits.length(), 16);
      } else {
        int shift = shift(digits);
        value = Long.parseLong(shift == 0 ? digits : digits.substring(0, digits.length() - 1));
        if (value > Long.MAX_VALUE >> shift) {
          throw new NumberFormatException();
        }
        value <<= shift;
      }
      return isNegative ? -value : value;
    } catch (NumberFormatException e) {
      throw error(
          start,
          "expected a number of at most 64 bits, as 12, -1, 4K, 2M or 0x1f_f000, found '"
              + text.substring(start, at)
              + "'");
    }
  }

  private static int shift(String digits) {
    return switch (digits.isEmpty() ? 0 : digits.charAt(digits.length() - 1)) {
      case 'K', 'k' -> 10;
      case 'M', 'm' -> 20;
      case 'G', 'g' -> 30;
      default -> 0;
    };
  }

  private void add(Token.Kind kind, int start, long number) {
    tokens.add(new Token(kind, text.substring(start, at), number, line, start - lineStart + 1));
  }

  private InputException error(int start, String message) {
    return new InputException(name + ":" + line + ":" + (start - lineStart + 1) + ": " + message);
  }
}
